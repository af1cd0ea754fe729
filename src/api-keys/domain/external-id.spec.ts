import { isExternalId } from './external-id';

describe('an external id', () => {
  it.each(['7', 'cust-7', 'urn:acme:customer/7', '!~', 'c'.repeat(128)])('can be %s', (text) => {
    expect(isExternalId(text)).toBe(true);
  });

  it.each(['', ' ', 'cust 7', 'cust-7 ', 'cust-7\n', '\tcust', 'cust\u007f', 'cüst', 'c'.repeat(129)])(
    'cannot be %j',
    (text) => {
      expect(isExternalId(text)).toBe(false);
    },
  );
});

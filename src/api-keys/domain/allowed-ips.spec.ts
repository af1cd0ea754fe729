import ipaddr from 'ipaddr.js';
import { addressAllowed, readAllowlist, allowlistCovers, isAllowedIp, parseAddress } from './allowed-ips';

describe('parseAddress', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['::', '::'],
    ['::1', '::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ])('parses %s as %s', (text, meaning) => {
    expect(parseAddress(text)?.toString()).toBe(meaning);
  });

  it.each([
    ['an empty text', ''],
    ['a space', ' '],
    ['a name', 'localhost'],
    ['a leading zero', '010.0.0.1'],
    ['a leading zero at the end', '10.0.0.01'],
    ['two leading zeros', '10.0.0.000'],
    ['octal digits', '0177.0.0.1'],
    ['hexadecimal parts', '0x7f.0.0.1'],
    ['a hexadecimal number', '0x7f000001'],
    ['a decimal number', '2130706433'],
    ['one part', '127'],
    ['two parts', '127.1'],
    ['three parts', '127.0.1'],
    ['five parts', '10.0.0.0.1'],
    ['an empty part', '10..0.1'],
    ['a part of 256', '10.0.0.256'],
    ['a negative part', '10.0.0.-1'],
    ['a signed part', '10.0.0.+1'],
    ['a trailing dot', '10.0.0.1.'],
    ['a space before it', ' 10.0.0.1'],
    ['a space after it', '10.0.0.1 '],
    ['a newline after it', '10.0.0.1\n'],
    ['NUL after it', '10.0.0.1\0'],
    ['a port', '10.0.0.1:80'],
    ['full-width digits', '１０.0.0.1'],
    ['full-width dots', '10。0。0。1'],
    ['two addresses', '10.0.0.1,10.0.0.2'],
    ['a zone', 'fe80::1%eth0'],
    ['an empty zone', 'fe80::1%'],
    ['brackets', '[::1]'],
    ['three colons', ':::1'],
    ['two gaps', '1::2::3'],
    ['seven groups', '1:2:3:4:5:6:7'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['a group of five digits', '12345::'],
    ['a digit beyond hexadecimal', '2001:db8::g'],
    ['a space before an IPv6 address', ' ::1'],
    ['a newline after an IPv6 address', '::1\n'],
    ['a range', '10.0.0.0/8'],
    ['a mapped part of 300', '::ffff:10.0.0.300'],
    ['three mapped parts', '::ffff:10.0.0'],
  ])('rejects %s: %j', (_what, text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(isAllowedIp(text.includes('/') ? `${text}/32` : text)).toBe(false);
  });

  it.each([
    ['a leading zero', '::ffff:010.0.0.1'],
    ['octal digits', '::ffff:0177.0.0.1'],
    ['hexadecimal parts', '::ffff:0x0a.0.0.1'],
    ['a leading zero, outside the mapped addresses', '2001:db8::010.0.0.1'],
    ['hexadecimal parts, outside the mapped addresses', '2001:db8::0xa.0.0.1'],
  ])('rejects an IPv4 tail with %s: %s', (_what, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('parses the last 32 bits in dotted and in hexadecimal form as the same address', () => {
    expect(parseAddress('::10.0.0.1')?.toString()).toBe(parseAddress('::a00:1')?.toString());
  });
});

describe('an entry of an allowlist', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.7/32',
    '203.0.113.0/24',
    '10.0.0.0/8',
    '10.128.0.0/9',
    '0.0.0.0/0',
    '2001:db8::7',
    '2001:db8::7/128',
    '2001:db8::/32',
    '2001:db8:8000::/33',
    '::/0',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.1/128',
    '::ffff:0:0/96',
  ])('can be %s', (entry) => {
    expect(isAllowedIp(entry)).toBe(true);
  });

  it.each([
    '10.0.0.1/8',
    '203.0.113.7/24',
    '10.64.0.0/9',
    '128.0.0.0/0',
    '203.0.113.7/31',
    '2001:db8::1/32',
    '2001:db8:4000::/33',
    '::1/0',
    '::ffff:10.0.0.1/104',
  ])('cannot be %s, which has host bits', (entry) => {
    expect(isAllowedIp(entry)).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/129',
    '2001:db8::/129',
    '::/1000',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/00',
    '10.0.0.0/+8',
    '10.0.0.0/8.0',
    '10.0.0.0/1e1',
    '10.0.0.0/0x8',
    '10.0.0.0/ 8',
    '10.0.0.0/8 ',
    '10.0.0.0 /8',
    '10.0.0.0/8\n',
    '10.0.0.0/',
    '/8',
    '/',
    '10.0.0.0//8',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10/8',
    '10.0.0/24',
    '010.0.0.0/8',
    '10.0.0.0-10.0.0.9',
    '10.0.0.*',
    '*',
    'fe80::1%eth0/64',
    'fe80::%eth0/10',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/8',
    '::ffff:0:0/95',
    '::ffff:0:0/0',
    '10.0.0.0/８',
  ])('cannot be %j', (entry) => {
    expect(isAllowedIp(entry)).toBe(false);
  });
});

describe('a key with an allowlist', () => {
  const office = ['203.0.113.0/24', '198.51.100.7', '2001:db8:ac::/48'];

  it.each([
    '203.0.113.0',
    '203.0.113.255',
    '198.51.100.7',
    '2001:db8:ac::1',
    '2001:DB8:AC:0:0:0:0:1',
    '::ffff:203.0.113.9',
    '::ffff:c633:6407',
  ])('is accepted from %s', (address) => {
    expect(addressAllowed(readAllowlist(office), address)).toBe(true);
  });

  it.each([
    '203.0.112.255',
    '203.0.114.0',
    '198.51.100.8',
    '2001:db8:ad::1',
    '::ffff:203.0.114.9',
    '203.0.113.07',
    '203.0.113.7:443',
    '203.0.113.0/24',
    '203.0.113',
    'unknown',
    '',
    undefined,
  ])('is rejected from %s [T88]', (address) => {
    expect(addressAllowed(readAllowlist(office), address)).toBe(false);
  });

  it('is rejected from an unknown address, even if its list contains every address', () => {
    expect(addressAllowed(readAllowlist(['0.0.0.0/0', '::/0']), undefined)).toBe(false);
    expect(addressAllowed(readAllowlist(['0.0.0.0/0', '::/0']), 'unix:')).toBe(false);
  });

  it('is rejected from IPv6 addresses if the list has only IPv4 ranges, and from IPv4 if it has only IPv6', () => {
    expect(addressAllowed(readAllowlist(['0.0.0.0/0']), '2001:db8::1')).toBe(false);
    expect(addressAllowed(readAllowlist(['::/0']), '10.0.0.1')).toBe(false);
  });

  it('is accepted from an address in an IPv4-mapped range, in IPv4 or mapped notation', () => {
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '10.200.0.1')).toBe(true);
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '::ffff:10.200.0.1')).toBe(true);
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '11.0.0.1')).toBe(false);
  });

  it('is rejected from every address if all entries are invalid', () => {
    expect(addressAllowed(readAllowlist(['10.0.0.1/8', 'office']), '10.0.0.1')).toBe(false);
  });
});

describe('a key without an allowlist', () => {
  it.each(['203.0.113.7', '::1', 'unknown', undefined])('is accepted from %s', (address) => {
    expect(addressAllowed(readAllowlist([]), address)).toBe(true);
  });
});

describe('an allowlist', () => {
  it.each([
    ['covers an empty list if it is empty', [], []],
    ['covers every list if it is empty', [], ['10.0.0.1']],
    ['covers parts of its range', ['10.0.0.0/8'], ['10.1.0.0/16', '10.2.0.1']],
    ['covers parts of each of its ranges', ['10.0.0.0/8', '2001:db8::/32'], ['10.0.0.1', '2001:db8::1']],
    ['covers the same range, mapped', ['10.0.0.0/8'], ['::ffff:10.0.0.0/104']],
  ])('%s', (_sentence, outer, inner) => {
    expect(allowlistCovers(outer, inner)).toBe(true);
  });

  it.each([
    ['does not cover an empty list', ['0.0.0.0/0', '::/0'], []],
    ['does not cover a wider range', ['10.0.0.0/9'], ['10.0.0.0/8']],
    ['does not cover the range next to it', ['10.0.0.0/9'], ['10.128.0.0/9']],
    ['does not cover a list with one entry outside', ['10.0.0.0/8'], ['10.0.0.1', '11.0.0.1']],
    ['does not cover IPv6 with IPv4 ranges', ['0.0.0.0/0'], ['::/0']],
    ['does not cover IPv4 with IPv6 ranges', ['::/0'], ['10.0.0.1']],
    ['does not cover an invalid entry', ['0.0.0.0/0'], ['10.0.0.1/8']],
    ['does not cover an address with invalid entries', ['10.0.0.1/8'], ['10.0.0.1']],
  ])('%s', (_sentence, outer, inner) => {
    expect(allowlistCovers(outer, inner)).toBe(false);
  });

  it('parses each of 100 entries only once, so that no caller can make a check expensive [T30]', () => {
    const outer = Array.from({ length: 100 }, (_, index) => `2001:db8::${index}/${28 + index}`);
    const entries = Array.from({ length: 100 }, (_, index) => `2001:db8::${index}`);
    const parse = jest.spyOn(ipaddr.IPv6, 'parse');
    expect(allowlistCovers(outer, entries)).toBe(false);
    expect(allowlistCovers(entries, entries)).toBe(true);
    expect(parse.mock.calls.length).toBeLessThanOrEqual(400);
    parse.mockRestore();
  });
});

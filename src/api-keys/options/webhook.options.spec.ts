import { requireWebhook } from './webhook.options';

const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
const SECRETS = [secretOf(32)];

const refusal = (options: Partial<Parameters<typeof requireWebhook>[0]>): string => {
  try {
    requireWebhook({ url: 'https://hooks.acme.example/keyward', secrets: SECRETS, ...options });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : 'not an error';
  }
};

describe('requireWebhook', () => {
  it.each([
    ['a public host name', {}],
    ['a public address', { url: 'https://93.184.215.14/hook?tenant=acme' }],
    [
      'this machine with allowPrivateAddresses',
      { url: 'http://127.0.0.1:8080/', allowPrivateAddresses: true },
    ],
    ['several secrets', { secrets: [24, 25, 26, 64].map(secretOf) }],
  ])('accepts %s', (_what, options) => expect(refusal(options)).toBe(''));

  it.each([
    ['a text that is not a URL', { url: 'hooks' }, /^events\.webhook\.url is not a URL/],
    ['another scheme', { url: 'ftp://hooks.acme.example' }, /^events\.webhook\.url is not a URL/],
    [
      'plain http',
      { url: 'http://hooks.acme.example' },
      /^events\.webhook\.url is not https: .*allowPrivateAddresses/,
    ],
    [
      'plain http (and names the setting of the service)',
      { url: 'http://hooks.acme.example' },
      /WEBHOOK_ALLOW_PRIVATE/,
    ],
    [
      'a private address',
      { url: 'https://10.0.0.1/' },
      /^events\.webhook\.url is an .*webhook\.allowPrivateAddresses/,
    ],
    [
      'a private address (and names the setting of the service)',
      { url: 'https://10.0.0.1/' },
      /WEBHOOK_ALLOW_PRIVATE/,
    ],
    ['this machine', { url: 'https://[::1]/' }, /^events\.webhook\.url is an address in a private network/],
    ['this machine as a mapped address', { url: 'https://[::ffff:127.0.0.1]/' }, /private network/],
    ['this machine as a number', { url: 'https://2130706433/' }, /private network/],
    ['this machine in hexadecimal', { url: 'https://0x7f.1/' }, /private network/],
    [
      'a password',
      { url: 'https://user:pass@hooks.acme.example' },
      /^events\.webhook\.url contains a user name/,
    ],
    ['an empty list of secrets', { secrets: [] }, /^events\.webhook\.secrets is empty or/],
    [
      'a secret without whsec_',
      { secrets: [secretOf(32).slice(6)] },
      /^events\.webhook\.secrets is empty or/,
    ],
    ['a short secret', { secrets: [secretOf(23)] }, /^events\.webhook\.secrets is empty or/],
    ['a long secret', { secrets: [secretOf(65)] }, /^events\.webhook\.secrets is empty or/],
    [
      'a secret that is not base64',
      { secrets: [`whsec_${'!'.repeat(40)}`] },
      /^events\.webhook\.secrets is empty or/,
    ],
    [
      'one invalid secret among valid ones',
      { secrets: [...SECRETS, 'whsec_'] },
      /^events\.webhook\.secrets is empty or/,
    ],
  ])('rejects %s with a one-sentence error that contains no secret', (_what, options, sentence) => {
    const message = refusal(options);
    expect(message).toMatch(sentence);
    expect(message).toMatch(/^[^\n]+\.$/);
    for (const part of ['pass@', 'BwcH', 'tenant=']) expect(message).not.toContain(part);
  });
});

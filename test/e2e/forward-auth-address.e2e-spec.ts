import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const ANY = '/v1/forward-auth?authenticated=1';
const CLIENT = '203.0.113.7';

/** Values of `X-Forwarded-For` from a trusted proxy, and the status for a key that allows only {@link CLIENT}. */
const CHAINS: readonly (readonly [string, number, string | undefined])[] = [
  ['no value', 403, undefined],
  ['the client', 200, CLIENT],
  ['the client, as an IPv4 address in IPv6', 200, `::ffff:${CLIENT}`],
  ['the client, as an IPv4 address in IPv6 and in hex', 200, '::ffff:cb00:7107'],
  ['another address', 403, '198.51.100.1'],
  ['the forged client, then another address', 403, `${CLIENT}, 198.51.100.1`],
  ['a forged address, then the client', 200, `198.51.100.1, ${CLIENT}`],
  ['the client, then a trusted proxy', 200, `${CLIENT}, 10.0.0.9`],
  ['the client, then two trusted proxies', 200, `${CLIENT},10.0.0.9,10.1.2.3`],
  ['the client, then an IPv6 proxy', 200, `${CLIENT}, 2001:db8:ffff::9`],
  ['the client, then an untrusted proxy', 403, `${CLIENT}, 192.0.2.9`],
  ['the client, then an untrusted proxy, then a trusted one', 403, `${CLIENT}, 192.0.2.9, 10.0.0.9`],
  ['only trusted proxies', 403, '10.0.0.9, 10.1.2.3'],
  ['unknown', 403, 'unknown'],
  ['the client, then unknown', 403, `${CLIENT}, unknown`],
  ['an obfuscated name', 403, '_hidden'],
  ['the client with a port', 200, `${CLIENT}:51008`],
  ['the client with a port, then a trusted proxy with a port', 200, `${CLIENT}:51008, 10.0.0.9:443`],
  ['the client with a port, then another address with a port', 403, `${CLIENT}:51008, 198.51.100.1:443`],
  ['the client with a port above 65535', 403, `${CLIENT}:65536`],
  ['the client in brackets', 403, `[${CLIENT}]`],
  ['the client in quotes', 403, `"${CLIENT}"`],
  ['the client with leading zeros', 403, '203.0.113.007'],
  ['the client as a number', 403, '3405803783'],
  ['the client in hex', 403, '0xcb007107'],
  ['the client as a range', 403, `${CLIENT}/32`],
  ['spaces and commas', 403, ' , ,'],
  ['8 kB of commas', 403, ','.repeat(8000)],
  ['a hundred untrusted proxies', 403, Array.from({ length: 100 }, () => '192.0.2.9').join()],
];

const IPV6_CHAINS: readonly (readonly [string, number, string])[] = [
  ['an address of the network', 200, '2001:db8::7'],
  ['the same address in full', 200, '2001:0DB8:0000:0000:0000:0000:0000:0007'],
  ['an address of another network', 403, '2001:db9::7'],
  ['an address with a zone', 403, '2001:db8::7%eth0'],
  ['an address in brackets', 200, '[2001:db8::7]'],
  ['an address in brackets with a port', 200, '[2001:db8::7]:443'],
  ['an address in brackets with a zone', 403, '[2001:db8::7%eth0]:443'],
  ['an IPv4 address', 403, CLIENT],
  ['loopback', 403, '::1'],
];

/** Sends a forward-auth request with a key for some addresses and an `X-Forwarded-For` value. */
async function ask(
  service: TestService,
  allowedIps: readonly string[],
  forwardedFor: string | undefined,
): Promise<HttpAnswer> {
  const { token } = await service.issue({ allowedIps });
  const headers = forwardedFor === undefined ? undefined : { 'X-Forwarded-For': forwardedFor };
  return service.as(token).get(ANY, headers);
}

describe('the allowlist of a key behind proxies', () => {
  let trusting: TestService;
  let wary: TestService;

  beforeAll(async () => {
    trusting = await startService('memory', { TRUST_PROXY: '127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48' });
    wary = await startService('memory', { TRUST_PROXY: '10.0.0.0/8' });
  });
  afterAll(async () => {
    await trusting.stop();
    await wary.stop();
  });

  it.each(CHAINS)(
    'is checked against the X-Forwarded-For of a trusted proxy that contains %s: %i [T94]',
    async (_name, status, chain) => {
      const answer = await ask(trusting, [CLIENT], chain);
      expect([answer.status, answer.body['code']]).toEqual([
        status,
        status === 403 ? 'ip_not_allowed' : undefined,
      ]);
    },
  );

  it.each(IPV6_CHAINS)(
    'with an IPv6 network is checked against an X-Forwarded-For that contains %s: %i',
    async (_name, status, chain) => {
      expect((await ask(trusting, ['2001:db8::/32'], chain)).status).toBe(status);
    },
  );

  it.each(CHAINS)(
    'ignores an X-Forwarded-For from an untrusted client that contains %s [T56]',
    async (_name, _status, chain) => {
      expect((await ask(wary, [CLIENT], chain)).status).toBe(403);
      expect((await ask(wary, ['127.0.0.1'], chain)).status).toBe(200);
    },
  );

  it.each(['Forwarded', 'X-Real-IP', 'X-Client-IP', 'CF-Connecting-IP', 'True-Client-IP'])(
    'does not trust the address in another header: %s',
    async (name) => {
      const { token } = await trusting.issue({ allowedIps: [CLIENT] });
      const value = name === 'Forwarded' ? `for=${CLIENT}` : CLIENT;
      expect((await trusting.as(token).get(ANY, { [name]: value })).status).toBe(403);
    },
  );

  it('leads to the same decision by the guard as by forward-auth, for every X-Forwarded-For', async () => {
    const { token } = await trusting.issue({ allowedIps: [CLIENT] });
    for (const [, status, chain] of CHAINS) {
      const headers = chain === undefined ? undefined : { 'X-Forwarded-For': chain };
      const answer = await trusting.as(token).get('/v1/api-keys/self', headers);
      expect([chain, answer.status]).toEqual([chain, status]);
    }
  });
});

describe('a service with an invalid or too broad TRUST_PROXY', () => {
  it.each([
    '0.0.0.0/0',
    '::/0',
    '*',
    'true',
    '1',
    'loopback',
    '10.0.0.1,',
    '10.0.0.1/33',
    '10.0.0.1/8',
    '10',
    '::ffff:0.0.0.0/96',
    '::ffff:0:0/96',
    '0.0.0.0/00',
    '0.0.0.0/1,128.0.0.0/1',
    '10.0.0.0/7',
    '2000::/3',
    '2000::/7,2200::/7',
    '2000::/15',
    'fc00::/6',
  ])('does not start with TRUST_PROXY=%s [T56]', async (setting) => {
    await expect(startService('memory', { TRUST_PROXY: setting })).rejects.toThrow(/TRUST_PROXY|trustProxy/);
  });
});

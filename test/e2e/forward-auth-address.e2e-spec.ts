import type { HttpAnswer } from '../support/http-client';
import { startService, type TestService } from '../support/service';

const ANY = '/v1/forward-auth?authenticated=1';
const CLIENT = '203.0.113.7';

/** What `X-Forwarded-For` says behind a trusted proxy, and whether a key for {@link CLIENT} passes. */
const CHAINS: readonly (readonly [string, string | undefined, number])[] = [
  ['nothing', undefined, 403],
  ['the client', CLIENT, 200],
  ['the client, as an IPv4 address in IPv6', `::ffff:${CLIENT}`, 200],
  ['the client, as the same in hex', '::ffff:cb00:7107', 200],
  ['somebody else', '198.51.100.1', 403],
  ['what the client forged, then somebody else', `${CLIENT}, 198.51.100.1`, 403],
  ['what the client forged, then the client', `198.51.100.1, ${CLIENT}`, 200],
  ['the client, then a trusted proxy', `${CLIENT}, 10.0.0.9`, 200],
  ['the client, then two trusted proxies', `${CLIENT},10.0.0.9,10.1.2.3`, 200],
  ['the client, then an IPv6 proxy', `${CLIENT}, 2001:db8:ffff::9`, 200],
  ['the client, then a proxy nobody trusts', `${CLIENT}, 192.0.2.9`, 403],
  ['the client, then a proxy nobody trusts, then a trusted one', `${CLIENT}, 192.0.2.9, 10.0.0.9`, 403],
  ['trusted proxies alone', '10.0.0.9, 10.1.2.3', 403],
  ['unknown', 'unknown', 403],
  ['the client, then unknown', `${CLIENT}, unknown`, 403],
  ['an obfuscated name', '_hidden', 403],
  ['the client with a port', `${CLIENT}:51008`, 200],
  ['the client with a port, then a trusted proxy with one', `${CLIENT}:51008, 10.0.0.9:443`, 200],
  ['the client with a port, then somebody else with one', `${CLIENT}:51008, 198.51.100.1:443`, 403],
  ['the client with a port beyond all ports', `${CLIENT}:65536`, 403],
  ['the client in brackets', `[${CLIENT}]`, 403],
  ['the client in quotes', `"${CLIENT}"`, 403],
  ['the client with leading zeros', '203.0.113.007', 403],
  ['the client as a number', '3405803783', 403],
  ['the client in hex', '0xcb007107', 403],
  ['the client as a range', `${CLIENT}/32`, 403],
  ['blanks and commas', ' , ,', 403],
  ['8 kB of commas', ','.repeat(8000), 403],
  ['a hundred proxies nobody trusts', Array.from({ length: 100 }, () => '192.0.2.9').join(), 403],
];

const IPV6_CHAINS: readonly (readonly [string, string, number])[] = [
  ['an address of the network', '2001:db8::7', 200],
  ['the same in full', '2001:0DB8:0000:0000:0000:0000:0000:0007', 200],
  ['an address of another network', '2001:db9::7', 403],
  ['an address with a zone', '2001:db8::7%eth0', 403],
  ['an address in brackets', '[2001:db8::7]', 200],
  ['an address in brackets with a port', '[2001:db8::7]:443', 200],
  ['an address in brackets with a zone', '[2001:db8::7%eth0]:443', 403],
  ['an IPv4 address', CLIENT, 403],
  ['loopback', '::1', 403],
];

/** A key for some addresses asks from where it says. */
async function ask(
  service: TestService,
  allowedIps: readonly string[],
  forwardedFor: string | undefined,
): Promise<HttpAnswer> {
  const { token } = await service.issue({ allowedIps });
  const headers = forwardedFor === undefined ? undefined : { 'X-Forwarded-For': forwardedFor };
  return service.as(token).get(ANY, headers);
}

describe('a client behind proxies', () => {
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

  it.each(CHAINS)('a trusted proxy forwards for %s [T94]', async (_name, chain, status) => {
    const answer = await ask(trusting, [CLIENT], chain);
    expect([answer.status, answer.body['code']]).toEqual([
      status,
      status === 403 ? 'ip_not_allowed' : undefined,
    ]);
  });

  it.each(IPV6_CHAINS)(
    'a trusted proxy forwards for %s, where an IPv6 network is allowed',
    async (_name, chain, status) => {
      expect((await ask(trusting, ['2001:db8::/32'], chain)).status).toBe(status);
    },
  );

  it.each(CHAINS)('from elsewhere nobody is believed who says: %s [T56]', async (_name, chain) => {
    expect((await ask(wary, [CLIENT], chain)).status).toBe(403);
    expect((await ask(wary, ['127.0.0.1'], chain)).status).toBe(200);
  });

  it.each(['Forwarded', 'X-Real-IP', 'X-Client-IP', 'CF-Connecting-IP', 'True-Client-IP'])(
    'no other header tells where a client is: %s',
    async (name) => {
      const { token } = await trusting.issue({ allowedIps: [CLIENT] });
      const value = name === 'Forwarded' ? `for=${CLIENT}` : CLIENT;
      expect((await trusting.as(token).get(ANY, { [name]: value })).status).toBe(403);
    },
  );

  it('the guard reads the same address', async () => {
    const { token } = await trusting.issue({ allowedIps: [CLIENT] });
    for (const [, chain, status] of CHAINS) {
      const headers = chain === undefined ? undefined : { 'X-Forwarded-For': chain };
      const answer = await trusting.as(token).get('/v1/api-keys/self', headers);
      expect([chain, answer.status]).toEqual([chain, status]);
    }
  });
});

describe('a service that is to trust everybody', () => {
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
  ])('refuses to start with TRUST_PROXY=%s [T56]', async (setting) => {
    await expect(startService('memory', { TRUST_PROXY: setting })).rejects.toThrow(/TRUST_PROXY|trustProxy/);
  });
});

import { IncomingMessage } from 'node:http';
import { isIP, Socket } from 'node:net';
import { assert, constantFrom, ipV4, ipV6, nat, property, string } from 'fast-check';
import { ClientAddress } from './client-address';

const PROXIES = ['192.0.2.1', '10.0.0.0/8', '2001:db8:ffff::/48'];

function requestFrom(remoteAddress: string | undefined, forwardedFor?: string): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: remoteAddress });
  const request = new IncomingMessage(socket);
  if (forwardedFor !== undefined) request.headers = { 'x-forwarded-for': forwardedFor };
  return request;
}

describe("a client's address", () => {
  it.each<[string, readonly string[], string | undefined, string | undefined, string | undefined]>([
    ["the socket's", [], '203.0.113.7', undefined, '203.0.113.7'],
    [
      "the socket's if no proxy is trusted, whatever the header claims",
      [],
      '192.0.2.1',
      '203.0.113.7',
      '192.0.2.1',
    ],
    [
      "the socket's if the socket is not a trusted proxy, whatever the header claims",
      PROXIES,
      '198.51.100.7',
      '203.0.113.7',
      '198.51.100.7',
    ],
    ['the one that a trusted proxy sends', PROXIES, '192.0.2.1', '203.0.113.7', '203.0.113.7'],
    ['the one that a proxy in a trusted range sends', PROXIES, '10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['the one that an IPv6 proxy sends', PROXIES, '2001:db8:ffff::1', '203.0.113.7', '203.0.113.7'],
    ['the one that an IPv4-mapped proxy sends', PROXIES, '::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
    [
      'the nearest one that is not a trusted proxy',
      PROXIES,
      '192.0.2.1',
      '198.51.100.7, 203.0.113.7, 10.0.0.2',
      '203.0.113.7',
    ],
    ["the proxy's own if it sends none", PROXIES, '192.0.2.1', undefined, '192.0.2.1'],
    ['that of the furthest proxy if all are proxies', PROXIES, '192.0.2.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['unknown if the socket is closed', [], undefined, '203.0.113.7', undefined],
    ['unknown if the socket is closed and proxies are trusted', PROXIES, undefined, '203.0.113.7', undefined],
  ])('is %s', (_what, trusted, remoteAddress, forwardedFor, expected) => {
    expect(new ClientAddress(trusted).of(requestFrom(remoteAddress, forwardedFor))).toBe(expected);
  });

  it.each([
    ['203.0.113.7:51008', '203.0.113.7'],
    ['203.0.113.7:0', '203.0.113.7'],
    ['203.0.113.7:65535', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[::ffff:203.0.113.7]:443', '::ffff:203.0.113.7'],
    ['2001:db8::1:443', '2001:db8::1:443'],
    ['198.51.100.7, 203.0.113.7:51008,10.0.0.2:443', '203.0.113.7'],
    ['198.51.100.7, 203.0.113.7 , [2001:db8:ffff::2]:443', '203.0.113.7'],
    ['203.0.113.7:51008, ,', '203.0.113.7'],
  ])('is read from %s without the port', (forwardedFor, expected) => {
    expect(new ClientAddress(PROXIES).of(requestFrom('192.0.2.1', forwardedFor))).toBe(expected);
  });

  it('is the same with and without a port, for all addresses and ports [T97]', () => {
    const clientAddress = new ClientAddress(['192.0.2.1']);
    const behind = (entry: string): string | undefined => clientAddress.of(requestFrom('192.0.2.1', entry));
    assert(
      property(ipV4(), nat(65_535), (address, port) => {
        expect(behind(`${address}:${port}`)).toBe(behind(address));
      }),
    );
    assert(
      property(ipV6(), nat(65_535), (address, port) => {
        expect(behind(`[${address}]:${port}`)).toBe(behind(address));
      }),
    );
  });

  it.each([
    'acme',
    'unknown',
    '_hidden',
    '*',
    '203.0.113',
    '203.0.113.7, acme',
    '203.0.113.7, 203.0.113',
    '203.0.113.7:',
    '203.0.113.7:65536',
    '203.0.113.7:123456',
    '203.0.113.7:80:80',
    '203.0.113.7:-1',
    '203.0.113.7:http',
    '203.0.113.7 :80',
    '[203.0.113.7]:80',
    '[2001:db8::1',
    '2001:db8::1]:443',
    '[2001:db8::1]443',
    '[2001:db8::1]:',
    '[[2001:db8::1]]:443',
    '[2001:db8::1%eth0]:443',
    'fe80::1%eth0',
    '"[2001:db8::1]:443"',
    ':443',
    '[]:443',
    '203.0.113.7, 10.0.0.2:99999',
  ])('is unknown if a proxy sends %s', (forwardedFor) => {
    expect(new ClientAddress(PROXIES).of(requestFrom('192.0.2.1', forwardedFor))).toBeUndefined();
  });

  it('is an address or unknown, whatever a proxy sends', () => {
    const text = string({ unit: constantFrom(...'0123456789abcdef.:,[]% "') });
    assert(
      property(text, (forwardedFor) => {
        const address = new ClientAddress(PROXIES).of(requestFrom('192.0.2.1', forwardedFor));
        expect(address === undefined || isIP(address) !== 0).toBe(true);
      }),
    );
  });

  it.each(['acme', '10.0.0.0/33', '', '10.0.0'])(
    'is never read if %j is configured as a trusted proxy, because the constructor throws',
    (trusted) => {
      expect(() => new ClientAddress([trusted])).toThrow(TypeError);
    },
  );
});

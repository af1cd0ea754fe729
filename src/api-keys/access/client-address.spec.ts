import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { addressAllowed, readAllowlist } from '../domain/allowed-ips';
import { clientAddressFinder } from './client-address';

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
      "the socket's, whatever it claims, where no proxy is trusted",
      [],
      '192.0.2.1',
      '203.0.113.7',
      '192.0.2.1',
    ],
    [
      "the socket's, whatever it claims, where it is no proxy",
      PROXIES,
      '198.51.100.7',
      '203.0.113.7',
      '198.51.100.7',
    ],
    ['what a proxy says', PROXIES, '192.0.2.1', '203.0.113.7', '203.0.113.7'],
    ['what a proxy of a trusted range says', PROXIES, '10.1.2.3', '203.0.113.7', '203.0.113.7'],
    ['what an IPv6 proxy says', PROXIES, '2001:db8:ffff::1', '203.0.113.7', '203.0.113.7'],
    ['what a proxy says that is mapped into IPv6', PROXIES, '::ffff:10.1.2.3', '203.0.113.7', '203.0.113.7'],
    [
      'the nearest that is no proxy',
      PROXIES,
      '192.0.2.1',
      '198.51.100.7, 203.0.113.7, 10.0.0.2',
      '203.0.113.7',
    ],
    ["the proxy's own where it says nothing", PROXIES, '192.0.2.1', undefined, '192.0.2.1'],
    ['the furthest proxy where all are proxies', PROXIES, '192.0.2.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['unknown where the socket is closed', [], undefined, '203.0.113.7', undefined],
    ['unknown where the socket of a proxy is closed', PROXIES, undefined, '203.0.113.7', undefined],
  ])('is %s', (_what, trusted, remoteAddress, forwardedFor, expected) => {
    expect(clientAddressFinder(trusted)(requestFrom(remoteAddress, forwardedFor))).toBe(expected);
  });

  it.each(['acme', 'unknown', '203.0.113.7:80', '203.0.113.7, acme', '203.0.113.7, 203.0.113', '*'])(
    'that is none as a proxy says it is on no allowlist: %s',
    (forwardedFor) => {
      const address = clientAddressFinder(PROXIES)(requestFrom('192.0.2.1', forwardedFor));
      expect(addressAllowed(readAllowlist(['0.0.0.0/0', '::/0']), address)).toBe(false);
    },
  );

  it.each(['acme', '10.0.0.0/33', '', '10.0.0'])(
    'is not looked for behind %j, which is no proxy',
    (trusted) => {
      expect(() => clientAddressFinder([trusted])).toThrow(TypeError);
    },
  );
});

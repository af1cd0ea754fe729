import * as fc from 'fast-check';
import { networkOf } from './allowed-ips';

const hextets = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });
const written = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

describe('the network a client is counted by', () => {
  it.each([
    ['an IPv4 address, whole', '203.0.113.7', '203.0.113.8', false],
    ['an IPv4 address, also where it is mapped into IPv6', '203.0.113.7', '::ffff:203.0.113.7', true],
    ['a mapped address, whole', '::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
    ['the /64 of an IPv6 address', '2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
    ['no more than the /64 of it', '2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['the /64, however it is written', '2001:db8::1', '2001:0DB8:0000:0000:0:0:0:2', true],
    ['the /64, and not its digits run together', '2001:db8:1:17::', '2001:db8:c:3::', false],
    ['loopback of IPv6, which is not that of IPv4', '::1', '127.0.0.1', false],
  ])('is %s', (_what, one, other, same) => {
    expect(networkOf(one) === networkOf(other)).toBe(same);
  });

  it.each([undefined, '', 'unknown', 'acme', '203.0.113.7:80', '203.0.113', 'fe80::1%eth0', '203.0.113.7 '])(
    'is one for all whose address is none: %j',
    (address) => {
      expect(networkOf(address)).toBe('unknown');
    },
  );

  it('is the same for two addresses of a /64, and another for two of two', () => {
    fc.assert(
      fc.property(hextets(4), hextets(4), hextets(4), hextets(4), (network, other, host, neighbour) => {
        fc.pre(network.some((group) => group !== 0) && other.some((group) => group !== 0));
        const here = networkOf(written([...network, ...host]));
        expect(here).not.toBe('unknown');
        expect(networkOf(written([...network, ...neighbour]))).toBe(here);
        expect(networkOf(written([...other, ...host])) === here).toBe(written(network) === written(other));
      }),
    );
  });
});

import * as fc from 'fast-check';
import { networkOf } from './allowed-ips';

const hextets = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(0xffff), { minLength: count, maxLength: count });
const written = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':');

describe('networkOf', () => {
  it.each([
    ['separates two IPv4 addresses', '203.0.113.7', '203.0.113.8', false],
    ['combines an IPv4 address and its mapped form', '203.0.113.7', '::ffff:203.0.113.7', true],
    ['separates two mapped addresses', '::ffff:203.0.113.7', '::ffff:203.0.113.8', false],
    ['combines two addresses of a /64', '2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
    ['separates two /64s of a /48', '2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['combines two spellings of a /64', '2001:db8::1', '2001:0DB8:0000:0000:0:0:0:2', true],
    ['separates two /64s whose joined digits are similar', '2001:db8:1:17::', '2001:db8:c:3::', false],
    ['separates the loopback addresses of IPv6 and IPv4', '::1', '127.0.0.1', false],
  ])('%s', (_what, one, other, same) => {
    expect(networkOf(one) === networkOf(other)).toBe(same);
  });

  it.each([undefined, '', 'unknown', 'acme', '203.0.113.7:80', '203.0.113', 'fe80::1%eth0', '203.0.113.7 '])(
    'returns "unknown" for the invalid address %j',
    (address) => {
      expect(networkOf(address)).toBe('unknown');
    },
  );

  it('returns the same network for all addresses of a /64, and different networks for different /64s', () => {
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

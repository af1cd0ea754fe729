import * as fc from 'fast-check';
import { BlockList, isIP } from 'node:net';
import { addressAllowed, readAllowlist, allowlistCovers, isAllowedIp, parseAddress } from './allowed-ips';

/** 32 addresses each of IPv4 and IPv6: few enough that random ranges often overlap. */
const v4 = (host: number): string => `10.0.0.${host}`;
const v6 = (host: number): string => `2001:db8::${host.toString(16)}`;
const hosts = fc.integer({ min: 0, max: 31 });
const addresses = fc.oneof(
  hosts.map(v4),
  hosts.map((host) => `::ffff:${v4(host)}`),
  hosts.map(v6),
);

/** Ranges of 2 to the power of `bits` addresses that contain a host, without host bits. */
const ranges = fc
  .tuple(hosts, fc.integer({ min: 0, max: 5 }), fc.constantFrom('v4', 'mapped', 'v6'))
  .map(([host, bits, kind]) => {
    const first = host - (host % 2 ** bits);
    if (kind === 'v6') return `${v6(first)}/${128 - bits}`;
    return kind === 'v4' ? `${v4(first)}/${32 - bits}` : `::ffff:${v4(first)}/${128 - bits}`;
  });
const entries = fc.oneof(ranges, hosts.map(v4), hosts.map(v6));
const lists = fc.array(entries, { maxLength: 4 });

/** Returns whether Node's own `BlockList` finds the address in the list. */
function nodeAllows(list: readonly string[], address: string): boolean {
  const members = new BlockList();
  for (const entry of list) {
    const [network = '', prefix] = entry.replace('::ffff:', '').split('/');
    const family = network.includes(':') ? 'ipv6' : 'ipv4';
    const bits = Number(prefix ?? (family === 'ipv6' ? 128 : 32)) - (entry.startsWith('::ffff:') ? 96 : 0);
    members.addSubnet(network, bits, family);
  }
  const plain = address.replace('::ffff:', '');
  return list.length === 0 || members.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
}

describe('parseAddress', () => {
  it('parses every valid address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(isIP(address)).not.toBe(0);
        expect(parseAddress(address)).toBeDefined();
      }),
    );
  });

  it('rejects every text that Node rejects', () => {
    const almost = fc.tuple(fc.oneof(fc.ipV4Extended(), fc.ipV6()), fc.nat(), fc.constantFrom(...'0x.:/% '));
    fc.assert(
      fc.property(almost, ([address, position, inserted]) => {
        const at = position % (address.length + 1);
        const text = address.slice(0, at) + inserted + address.slice(at);
        expect(parseAddress(text) !== undefined && isIP(text) === 0).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an allowlist', () => {
  it('allows exactly the addresses that Node finds in it', () => {
    fc.assert(
      fc.property(lists, addresses, (list, address) => {
        expect(list.filter((entry) => !isAllowedIp(entry))).toEqual([]);
        expect(addressAllowed(readAllowlist(list), address)).toBe(nodeAllows(list, address));
      }),
      { numRuns: 1000 },
    );
  });

  it('does not cover a list that allows an address outside the allowlist', () => {
    fc.assert(
      fc.property(lists, lists, addresses, (outer, inner, address) => {
        const stray =
          addressAllowed(readAllowlist(inner), address) && !addressAllowed(readAllowlist(outer), address);
        expect(stray && allowlistCovers(outer, inner)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('of one range covers another range if and only if it allows all addresses of that range', () => {
    const everywhere = Array.from({ length: 32 }, (_each, host) => [v4(host), v6(host)]).flat();
    fc.assert(
      fc.property(entries, entries, (outer, inner) => {
        const stray = everywhere.filter(
          (address) =>
            addressAllowed(readAllowlist([inner]), address) &&
            !addressAllowed(readAllowlist([outer]), address),
        );
        expect(allowlistCovers([outer], [inner])).toBe(stray.length === 0);
      }),
    );
  });

  it('covers itself, and covering is transitive', () => {
    fc.assert(
      fc.property(lists, lists, lists, (one, two, three) => {
        expect(allowlistCovers(one, one)).toBe(true);
        const chain = allowlistCovers(one, two) && allowlistCovers(two, three);
        expect(chain && !allowlistCovers(one, three)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

import * as fc from 'fast-check';
import { isPublicAddress } from './public-address';

describe('a public address', () => {
  it.each([
    '93.184.215.14',
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::8a',
  ])('can be %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ['a loopback address', '127.0.0.1'],
    ['the last loopback address', '127.255.255.254'],
    ['the IPv6 loopback address', '::1'],
    ['the unspecified address', '0.0.0.0'],
    ['an address of "this network"', '0.1.2.3'],
    ['the unspecified IPv6 address', '::'],
    ['a private address', '10.0.0.1'],
    ['a private address', '172.16.0.1'],
    ['the last address of a private network', '172.31.255.255'],
    ['a private address', '192.168.1.1'],
    ['a carrier-grade NAT address', '100.64.0.1'],
    ['a cloud metadata address in the carrier-grade NAT range', '100.100.100.200'],
    ['a link-local address', '169.254.0.1'],
    ['the metadata address of most clouds', '169.254.169.254'],
    ['a cloud metadata address in a public range', '168.63.129.16'],
    ['a cloud metadata address in a reserved range', '192.0.0.192'],
    ['a documentation address', '192.0.2.1'],
    ['a documentation address', '198.51.100.1'],
    ['a documentation address', '203.0.113.1'],
    ['a benchmark address', '198.18.0.1'],
    ['a multicast address', '224.0.0.1'],
    ['the broadcast address', '255.255.255.255'],
    ['a reserved address', '240.0.0.1'],
    ['a unique local address', 'fd00::1'],
    ['an IPv6 cloud metadata address', 'fd00:ec2::254'],
    ['a link-local IPv6 address', 'fe80::1'],
    ['a link-local IPv6 address with a zone', 'fe80::1%eth0'],
    ['a deprecated site-local address', 'fec0::1'],
    ['an IPv6 multicast address', 'ff02::1'],
    ['an IPv6 documentation address', '2001:db8::1'],
    ['an IPv4-mapped loopback address', '::ffff:127.0.0.1'],
    ['an IPv4-mapped loopback address in hexadecimal', '::ffff:7f00:1'],
    ['an IPv4-mapped private address', '::ffff:10.0.0.1'],
    ['an IPv4-mapped public address', '::ffff:1.1.1.1'],
    ['an IPv4-compatible loopback address', '::7f00:1'],
    ['a NAT64 loopback address', '64:ff9b::7f00:1'],
    ['a local NAT64 private address', '64:ff9b:1::a00:1'],
    ['a 6to4 loopback address', '2002:7f00:1::'],
    ['a Teredo address', '2001:0:7f00:1::'],
    ['empty', ''],
    ['a host name', 'localhost'],
    ['a decimal number', '2130706433'],
  ])('cannot be %s: %s', (_what, address) => expect(isPublicAddress(address)).toBe(false));

  it('cannot be an IPv6 address that embeds an IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
    );
  });
});

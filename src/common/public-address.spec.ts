import * as fc from 'fast-check';
import { isPublicAddress } from './public-address';

describe('webhooks go to public addresses', () => {
  it.each([
    '93.184.215.14',
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::8a',
  ])('such as %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ['this machine', '127.0.0.1'],
    ['this machine, by another number', '127.255.255.254'],
    ['this machine, in IPv6', '::1'],
    ['any address', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['any address, in IPv6', '::'],
    ['a private network', '10.0.0.1'],
    ['a private network', '172.16.0.1'],
    ['the last of a private network', '172.31.255.255'],
    ['a private network', '192.168.1.1'],
    ['a carrier’s network', '100.64.0.1'],
    ['the metadata of a cloud, in a carrier’s network', '100.100.100.200'],
    ['the link', '169.254.0.1'],
    ['the metadata of most clouds', '169.254.169.254'],
    ['the metadata of a cloud, publicly numbered', '168.63.129.16'],
    ['the metadata of a cloud, reserved', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['benchmarks', '198.18.0.1'],
    ['many', '224.0.0.1'],
    ['everyone', '255.255.255.255'],
    ['what is reserved', '240.0.0.1'],
    ['a unique local network', 'fd00::1'],
    ['the metadata of a cloud, in IPv6', 'fd00:ec2::254'],
    ['the link, in IPv6', 'fe80::1'],
    ['the link, with its zone', 'fe80::1%eth0'],
    ['a site, as it once was', 'fec0::1'],
    ['many, in IPv6', 'ff02::1'],
    ['documentation, in IPv6', '2001:db8::1'],
    ['this machine, mapped', '::ffff:127.0.0.1'],
    ['this machine, mapped and in hexadecimal', '::ffff:7f00:1'],
    ['a private network, mapped', '::ffff:10.0.0.1'],
    ['a public address, mapped', '::ffff:1.1.1.1'],
    ['this machine, as IPv6 once wrote IPv4', '::7f00:1'],
    ['this machine, translated', '64:ff9b::7f00:1'],
    ['a private network, translated locally', '64:ff9b:1::a00:1'],
    ['this machine, by 6to4', '2002:7f00:1::'],
    ['this machine, by Teredo', '2001:0:7f00:1::'],
    ['nothing', ''],
    ['a name', 'localhost'],
    ['a number', '2130706433'],
  ])('and not to %s: %s', (_what, address) => expect(isPublicAddress(address)).toBe(false));

  it('and to none that is an IPv4 address in disguise', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
    );
  });
});

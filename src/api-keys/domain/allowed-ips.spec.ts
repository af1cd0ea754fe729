import ipaddr from 'ipaddr.js';
import { addressAllowed, readAllowlist, allowlistCovers, isAllowedIp, parseAddress } from './allowed-ips';

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['::', '::'],
    ['::1', '::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:ffff:10.0.0.1', '10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
  ])('%s is read as %s', (text, meaning) => {
    expect(parseAddress(text)?.toString()).toBe(meaning);
  });

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['a name', 'localhost'],
    ['a leading zero', '010.0.0.1'],
    ['a leading zero at the end', '10.0.0.01'],
    ['two leading zeros', '10.0.0.000'],
    ['octal digits', '0177.0.0.1'],
    ['hexadecimal parts', '0x7f.0.0.1'],
    ['a hexadecimal number', '0x7f000001'],
    ['a decimal number', '2130706433'],
    ['one part', '127'],
    ['two parts', '127.1'],
    ['three parts', '127.0.1'],
    ['five parts', '10.0.0.0.1'],
    ['an empty part', '10..0.1'],
    ['a part of 256', '10.0.0.256'],
    ['a negative part', '10.0.0.-1'],
    ['a signed part', '10.0.0.+1'],
    ['a trailing dot', '10.0.0.1.'],
    ['a space before it', ' 10.0.0.1'],
    ['a space after it', '10.0.0.1 '],
    ['a newline after it', '10.0.0.1\n'],
    ['NUL after it', '10.0.0.1\0'],
    ['a port', '10.0.0.1:80'],
    ['full-width digits', '１０.0.0.1'],
    ['full-width dots', '10。0。0。1'],
    ['two addresses', '10.0.0.1,10.0.0.2'],
    ['a zone', 'fe80::1%eth0'],
    ['an empty zone', 'fe80::1%'],
    ['brackets', '[::1]'],
    ['three colons', ':::1'],
    ['two gaps', '1::2::3'],
    ['seven groups', '1:2:3:4:5:6:7'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['a group of five digits', '12345::'],
    ['a digit beyond hexadecimal', '2001:db8::g'],
    ['a space before an IPv6 address', ' ::1'],
    ['a newline after an IPv6 address', '::1\n'],
    ['a range', '10.0.0.0/8'],
    ['a mapped part of 300', '::ffff:10.0.0.300'],
    ['three mapped parts', '::ffff:10.0.0'],
  ])('is not read out of %s: %j', (_what, text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(isAllowedIp(text.includes('/') ? `${text}/32` : text)).toBe(false);
  });

  it.each([
    ['a leading zero', '::ffff:010.0.0.1'],
    ['octal digits', '::ffff:0177.0.0.1'],
    ['hexadecimal parts', '::ffff:0x0a.0.0.1'],
    ['a leading zero, outside the mapped addresses', '2001:db8::010.0.0.1'],
    ['hexadecimal parts, outside the mapped addresses', '2001:db8::0xa.0.0.1'],
  ])('within an IPv6 address is as strict as alone: %s, %s', (_what, text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('means the same whether its last 32 bits are written with dots or without', () => {
    expect(parseAddress('::10.0.0.1')?.toString()).toBe(parseAddress('::a00:1')?.toString());
  });
});

describe('an entry of an allowlist', () => {
  it.each([
    '203.0.113.7',
    '203.0.113.7/32',
    '203.0.113.0/24',
    '10.0.0.0/8',
    '10.128.0.0/9',
    '0.0.0.0/0',
    '2001:db8::7',
    '2001:db8::7/128',
    '2001:db8::/32',
    '2001:db8:8000::/33',
    '::/0',
    '::ffff:10.0.0.0/104',
    '::ffff:10.0.0.1/128',
    '::ffff:0:0/96',
  ])('may be %s', (entry) => {
    expect(isAllowedIp(entry)).toBe(true);
  });

  it.each([
    '10.0.0.1/8',
    '203.0.113.7/24',
    '10.64.0.0/9',
    '128.0.0.0/0',
    '203.0.113.7/31',
    '2001:db8::1/32',
    '2001:db8:4000::/33',
    '::1/0',
    '::ffff:10.0.0.1/104',
  ])('may not be %s, which has bits beyond its prefix', (entry) => {
    expect(isAllowedIp(entry)).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/129',
    '2001:db8::/129',
    '::/1000',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/00',
    '10.0.0.0/+8',
    '10.0.0.0/8.0',
    '10.0.0.0/1e1',
    '10.0.0.0/0x8',
    '10.0.0.0/ 8',
    '10.0.0.0/8 ',
    '10.0.0.0 /8',
    '10.0.0.0/8\n',
    '10.0.0.0/',
    '/8',
    '/',
    '10.0.0.0//8',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.0.0',
    '10/8',
    '10.0.0/24',
    '010.0.0.0/8',
    '10.0.0.0-10.0.0.9',
    '10.0.0.*',
    '*',
    'fe80::1%eth0/64',
    'fe80::%eth0/10',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/8',
    '::ffff:0:0/95',
    '::ffff:0:0/0',
    '10.0.0.0/８',
  ])('may not be %j', (entry) => {
    expect(isAllowedIp(entry)).toBe(false);
  });
});

describe('a key with an allowlist', () => {
  const office = ['203.0.113.0/24', '198.51.100.7', '2001:db8:ac::/48'];

  it.each([
    '203.0.113.0',
    '203.0.113.255',
    '198.51.100.7',
    '2001:db8:ac::1',
    '2001:DB8:AC:0:0:0:0:1',
    '::ffff:203.0.113.9',
    '::ffff:c633:6407',
  ])('is let in from %s', (address) => {
    expect(addressAllowed(readAllowlist(office), address)).toBe(true);
  });

  it.each([
    '203.0.112.255',
    '203.0.114.0',
    '198.51.100.8',
    '2001:db8:ad::1',
    '::ffff:203.0.114.9',
    '203.0.113.07',
    '203.0.113.7:443',
    '203.0.113.0/24',
    '203.0.113',
    'unknown',
    '',
    undefined,
  ])('is kept out from %s [T88]', (address) => {
    expect(addressAllowed(readAllowlist(office), address)).toBe(false);
  });

  it('is kept out from an unknown address, even if its list holds every address', () => {
    expect(addressAllowed(readAllowlist(['0.0.0.0/0', '::/0']), undefined)).toBe(false);
    expect(addressAllowed(readAllowlist(['0.0.0.0/0', '::/0']), 'unix:')).toBe(false);
  });

  it('of IPv4 is not let in from IPv6, and the reverse', () => {
    expect(addressAllowed(readAllowlist(['0.0.0.0/0']), '2001:db8::1')).toBe(false);
    expect(addressAllowed(readAllowlist(['::/0']), '10.0.0.1')).toBe(false);
  });

  it('is let in from the addresses of a mapped range, however they are written', () => {
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '10.200.0.1')).toBe(true);
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '::ffff:10.200.0.1')).toBe(true);
    expect(addressAllowed(readAllowlist(['::ffff:10.0.0.0/104']), '11.0.0.1')).toBe(false);
  });

  it('that nobody can read is let in from nowhere', () => {
    expect(addressAllowed(readAllowlist(['10.0.0.1/8', 'office']), '10.0.0.1')).toBe(false);
  });
});

describe('a key without an allowlist', () => {
  it.each(['203.0.113.7', '::1', 'unknown', undefined])('is let in from %s', (address) => {
    expect(addressAllowed(readAllowlist([]), address)).toBe(true);
  });
});

describe('an allowlist', () => {
  it.each([
    ['of nothing covers nothing', [], []],
    ['of nothing covers a list', [], ['10.0.0.1']],
    ['covers a part of its range', ['10.0.0.0/8'], ['10.1.0.0/16', '10.2.0.1']],
    ['covers parts of each of its ranges', ['10.0.0.0/8', '2001:db8::/32'], ['10.0.0.1', '2001:db8::1']],
    ['covers the same range, mapped', ['10.0.0.0/8'], ['::ffff:10.0.0.0/104']],
  ])('%s', (_sentence, outer, inner) => {
    expect(allowlistCovers(outer, inner)).toBe(true);
  });

  it.each([
    ['does not cover a key without a list', ['0.0.0.0/0', '::/0'], []],
    ['does not cover a wider range', ['10.0.0.0/9'], ['10.0.0.0/8']],
    ['does not cover a range beside it', ['10.0.0.0/9'], ['10.128.0.0/9']],
    ['does not cover a list of which one entry is outside', ['10.0.0.0/8'], ['10.0.0.1', '11.0.0.1']],
    ['of IPv4 does not cover IPv6', ['0.0.0.0/0'], ['::/0']],
    ['of IPv6 does not cover IPv4', ['::/0'], ['10.0.0.1']],
    ['does not cover an entry nobody can read', ['0.0.0.0/0'], ['10.0.0.1/8']],
    ['that nobody can read covers nothing', ['10.0.0.1/8'], ['10.0.0.1']],
  ])('%s', (_sentence, outer, inner) => {
    expect(allowlistCovers(outer, inner)).toBe(false);
  });

  it('of a hundred entries reads each of them once, so that no caller makes a check dear [T30]', () => {
    const outer = Array.from({ length: 100 }, (_, index) => `2001:db8::${index}/${28 + index}`);
    const entries = Array.from({ length: 100 }, (_, index) => `2001:db8::${index}`);
    const parse = jest.spyOn(ipaddr.IPv6, 'parse');
    expect(allowlistCovers(outer, entries)).toBe(false);
    expect(allowlistCovers(entries, entries)).toBe(true);
    expect(parse.mock.calls.length).toBeLessThanOrEqual(400);
    parse.mockRestore();
  });
});

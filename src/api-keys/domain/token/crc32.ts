/** The reversed polynomial of the CRC-32 of zip and PNG. */
const POLYNOMIAL = 0xedb88320;

const afterOneByte = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});
const afterTwoBytes = followedByZero(afterOneByte);
const afterThreeBytes = followedByZero(afterTwoBytes);
const afterFourBytes = followedByZero(afterThreeBytes);

/** What a CRC begins with; it ends with `~crc >>> 0`. */
export const CRC32_START = -1;

/** The CRC-32 after one more byte. */
export function crcOfOne(crc: number, byte: number): number {
  return at(afterOneByte, crc ^ byte) ^ (crc >>> 8);
}

/**
 * The CRC-32 after four more bytes, whose tables are asked side by side. Here, and not from `zlib`, so that a token's
 * form and checksum are read in one walk; tests compare it with `zlib.crc32`.
 */
export function crcOfFour(crc: number, first: number, second: number, third: number, fourth: number): number {
  return (
    at(afterFourBytes, crc ^ first) ^
    at(afterThreeBytes, (crc >>> 8) ^ second) ^
    at(afterTwoBytes, (crc >>> 16) ^ third) ^
    at(afterOneByte, (crc >>> 24) ^ fourth)
  );
}

function at(table: Int32Array, value: number): number {
  return table[value & 0xff] ?? 0;
}

function followedByZero(table: Int32Array): Int32Array {
  return table.map((crc) => at(afterOneByte, crc) ^ (crc >>> 8));
}

/** 32-bit cyclic redundancy checks of whole bytes, the lowest bit first, begun with ones and inverted at the end. */

/** The check by a polynomial, given with its bits reversed. */
export function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ polynomial : crc >>> 1;
    return crc;
  });
  return (bytes) => {
    let crc = 0xffff_ffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ crc >>> 8;
    return ~crc >>> 0;
  };
}

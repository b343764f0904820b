/** CRC-32C (Castagnoli; RFC 3720, appendix B.4), and the masked form that TFRecord files keep. */
import { crcOf } from "./crc.ts";

const MASK = 0xa282_ead8;

export const crc32c = crcOf(0x82f6_3b78);

/** Rotated right by 15 bits, plus a constant: a checksum of data that hold checksums stays a good one. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + MASK) >>> 0;
}

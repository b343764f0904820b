/** True if two payloads share no byte of memory. */
export function areApart(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer !== b.buffer || a.byteOffset >= b.byteOffset + b.length ||
    b.byteOffset >= a.byteOffset + a.length;
}

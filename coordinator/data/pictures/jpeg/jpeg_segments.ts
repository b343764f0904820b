/** The segments before a JPEG's first scan (ITU-T T.81, B.1.1). */

export interface Segment {
  /** The second byte of its mark. */
  readonly marker: number;
  /** Offset of its mark. */
  readonly begin: number;
  readonly content: Uint8Array;
}

const START_OF_SCAN = 0xda;

/**
 * The segments up to the first scan's, which is the last. Bytes between them that belong to none are passed over,
 * as other readers do. Ends early where the file does.
 */
export function* segmentsOf(bytes: Uint8Array): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    const is_mark = bytes[at] === 0xff && marker !== 0xff && marker !== 0;
    if (!is_mark) at++;
    else if (isAlone(marker)) at += 2;
    else {
      const end = at + 2 + (bytes[at + 2]! << 8 | bytes[at + 3]!);
      if (end > bytes.length) return;
      yield { marker, begin: at, content: bytes.subarray(at + 4, end) };
      if (marker === START_OF_SCAN) return;
      at = end;
    }
  }
}

/** Marks without a length: TEM, RST0 to RST7, SOI and EOI. */
function isAlone(marker: number): boolean {
  return marker === 0x01 || marker >= 0xd0 && marker <= 0xd9;
}

/** Position of the last end mark; -1 if there is none. */
export function endOf(bytes: Uint8Array): number {
  for (let at = bytes.length - 2; at > 2; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return at;
  }
  return -1;
}

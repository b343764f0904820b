/**
 * JPEG files with bytes that belong to nothing. libjpeg-turbo warns of them, and the codec takes every warning for a
 * failure; but they harm no picture, popular data sets have some, and other readers pass over them. They are taken
 * out here, and only where what is left decodes without a warning to the same tones.
 */
import { joined } from "../../../../common/joined.ts";
import { endOf, segmentsOf } from "./jpeg_segments.ts";

/** Outcome of decoding a file: whether without a warning, and its tones. */
export interface Attempt {
  readonly is_sound: boolean;
  readonly tones: ArrayLike<number>;
}

/** Tables, conditions, frames, restart intervals, scans and Adobe's mark: what tones depend on. */
const KEPT = new Set([0xc0, 0xc1, 0xc2, 0xc4, 0xc9, 0xca, 0xcc, 0xdb, 0xdd, 0xda, 0xee]);
const JFIF = 0xe0;
/** JFIF 1.1 without a thumbnail: of this mark, only that it is there counts. */
const PLAIN_JFIF = [0xff, JFIF, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
const END = [0xff, 0xd9];
/** Bytes that are tried one by one: a search can end a little before or behind the right place. */
const NEAR = 8;

/** The same picture in a file without surplus bytes, or null where the file is damaged. */
export async function withoutSurplus(
  bytes: Uint8Array,
  tryDecoding: (file: Uint8Array) => Promise<Attempt>,
): Promise<Uint8Array | null> {
  const parts = headOf(bytes);
  const end = endOf(bytes);
  if (parts === null || end < parts.scan) return null;
  const cut = (at: number) => joined([...parts.head, bytes.subarray(parts.scan, at), END]);
  const { is_sound, tones } = await tryDecoding(cut(end));
  if (is_sound) return cut(end);
  // The shortest file of the same tones: behind it lies the surplus.
  let low = parts.scan, high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (areEqual((await tryDecoding(cut(middle))).tones, tones)) high = middle;
    else low = middle + 1;
  }
  for (const at of new Set([...nearby(high, end), ...nearby(end - NEAR, end)])) {
    const found = await tryDecoding(cut(at));
    if (found.is_sound && areEqual(found.tones, tones)) return cut(at);
  }
  return null;
}

/** Places from a little before `at` on, none behind `end`. */
function nearby(at: number, end: number): number[] {
  return Array.from({ length: 2 * NEAR + 1 }, (_, i) => at - NEAR + i).filter((place) => place <= end);
}

/** Needs of everything before the first scan's data, and the position of these; null if there is no scan. */
function headOf(
  bytes: Uint8Array,
): { readonly head: readonly ArrayLike<number>[]; readonly scan: number } | null {
  const head: ArrayLike<number>[] = [[0xff, 0xd8]];
  for (const { marker, begin, content } of segmentsOf(bytes)) {
    const end = begin + 4 + content.length;
    if (marker === JFIF && String.fromCharCode(...content.subarray(0, 4)) === "JFIF") {
      head.push(PLAIN_JFIF);
    } else if (KEPT.has(marker)) head.push(bytes.subarray(begin, end));
    if (marker === 0xda) return { head, scan: end };
  }
  return null;
}

function areEqual(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

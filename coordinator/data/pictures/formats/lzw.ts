/** The LZW codes of GIF and TIFF: the same tables, bits in other orders. */

export interface LzwOptions {
  /** Bits of a plain value, 2 to 8: the clear code is the value after the largest. */
  readonly value_bits: number;
  /** True if a byte's high bits come first, and codes grow one entry early (TIFF). */
  readonly is_tiff: boolean;
}

const MAX_CODES = 4096;

/**
 * Unpacks codes into `out` until it is full, the end code comes, or the data end. Returns the number of bytes. Throws
 * RangeError for a code that no table can have.
 */
export function unpackLzw(data: Uint8Array, { value_bits, is_tiff }: LzwOptions, out: Uint8Array): number {
  const clear = 1 << value_bits, end = clear + 1, early = is_tiff ? 1 : 0;
  const nextCode = is_tiff ? highFirst(data) : lowFirst(data);
  // Where in `out` each entry's bytes stand, and how many there are: each is the one before with a byte more.
  const begins = new Uint32Array(MAX_CODES), lengths = new Uint32Array(MAX_CODES);
  const lengthOf = (code: number) => code < clear ? 1 : lengths[code]!;
  let bits = value_bits + 1, next = end + 1, filled = 0;
  // The code before, and where its bytes stand.
  let before = -1, last_begin = 0;
  while (filled < out.length) {
    const code = nextCode(bits);
    if (code < 0 || code === end) break;
    if (code === clear) {
      [bits, next, before] = [value_bits + 1, end + 1, -1];
      continue;
    }
    const begin = filled;
    if (code < clear) out[filled++] = code;
    else if (before >= 0 && code < next) {
      const length = Math.min(lengths[code]!, out.length - filled), from = begins[code]!;
      for (let i = 0; i < length; i++) out[filled++] = out[from + i]!;
    } else if (before >= 0 && code === next && next < MAX_CODES) {
      const length = Math.min(lengthOf(before), out.length - filled);
      for (let i = 0; i < length; i++) out[filled++] = out[last_begin + i]!;
      if (filled < out.length) out[filled++] = out[last_begin]!;
    } else throw new RangeError("An LZW code must be in the table");
    if (before >= 0 && next < MAX_CODES) {
      begins[next] = last_begin;
      lengths[next] = lengthOf(before) + 1;
      next++;
      if (next + early === 1 << bits && bits < 12) bits++;
    }
    before = code;
    last_begin = begin;
  }
  return filled;
}

type NextCode = (bits: number) => number;

/** The next bits as a number; -1 where there are none. */
function lowFirst(data: Uint8Array): NextCode {
  let held = 0, num_held = 0, at = 0;
  return (bits) => {
    while (num_held < bits) {
      if (at >= data.length) return -1;
      held |= data[at++]! << num_held;
      num_held += 8;
    }
    const code = held & ((1 << bits) - 1);
    held >>>= bits;
    num_held -= bits;
    return code;
  };
}

function highFirst(data: Uint8Array): NextCode {
  let held = 0, num_held = 0, at = 0;
  return (bits) => {
    while (num_held < bits) {
      if (at >= data.length) return -1;
      held = (held << 8 | data[at++]!) & 0xffffff;
      num_held += 8;
    }
    num_held -= bits;
    return (held >>> num_held) & ((1 << bits) - 1);
  };
}

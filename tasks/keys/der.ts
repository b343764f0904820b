/** Writes DER (ITU-T X.690): the few types that a certificate is made of. Pure. */

const LONG_FORM = 0x80;
const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;
/** Dates before 2050 have two digits of the year (RFC 5280, section 4.1.2.5). */
const FIRST_LONG_YEAR = 2050;

export type Der = Uint8Array<ArrayBuffer>;

/** Tag, length, content. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  const length = contents.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(1 + lengthOf(length).length + length);
  bytes[0] = tag;
  bytes.set(lengthOf(length), 1);
  let at = 1 + lengthOf(length).length;
  for (const content of contents) {
    bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

function lengthOf(length: number): readonly number[] {
  if (length < LONG_FORM) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) digits.unshift(rest & 0xff);
  return [LONG_FORM | digits.length, ...digits];
}

export function sequence(...contents: readonly Uint8Array[]): Der {
  return element(0x30, ...contents);
}

export function set(...contents: readonly Uint8Array[]): Der {
  return element(0x31, ...contents);
}

/** An integer of 0 or more, by its bytes with the highest first. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return digits[0]! < 0x80 ? element(0x02, digits) : element(0x02, Uint8Array.of(0), digits);
}

export function boolean(value: boolean): Der {
  return element(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** Whole bytes. */
export function bitString(bytes: Uint8Array): Der {
  return element(0x03, Uint8Array.of(0), bytes);
}

/** Bits by their numbers, the first of which is the highest of its byte; up to eight. */
export function namedBits(...bits: readonly number[]): Der {
  const byte = bits.reduce((sum, bit) => sum | 0x80 >>> bit, 0);
  return element(0x03, Uint8Array.of(7 - Math.max(...bits), byte));
}

export function octetString(bytes: Uint8Array): Der {
  return element(0x04, bytes);
}

export function utf8(text: string): Der {
  return element(0x0c, new TextEncoder().encode(text));
}

/** An object identifier such as "2.5.29.17". */
export function oid(dotted: string): Der {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Uint8Array.from([40 * first! + second!, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | rest & 0x7f);
  return digits;
}

/** A moment, in milliseconds since 1970, of which whole seconds count. */
export function time(time_ms: number): Der {
  const digits = new Date(time_ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const is_long = new Date(time_ms).getUTCFullYear() >= FIRST_LONG_YEAR;
  return element(is_long ? 0x18 : 0x17, new TextEncoder().encode(is_long ? digits : digits.slice(2)));
}

/** [n] around whole elements. */
export function explicit(number: number, content: Uint8Array): Der {
  return element(CONTEXT | CONSTRUCTED | number, content);
}

/** [n] in the place of the type's own tag, for a type without parts. */
export function implicit(number: number, content: Uint8Array): Der {
  return element(CONTEXT | number, content);
}

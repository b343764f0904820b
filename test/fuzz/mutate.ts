/** Damage: to bytes, as disks, crashes and wires do it, and to values, as other programs and people do it. */
import type { Chance } from "./chance.ts";

/** A copy with one to four mutations: bits flipped, bytes set, cut out, doubled, moved, the end cut off. */
export function mutateBytes(bytes: Uint8Array, chance: Chance): Uint8Array<ArrayBuffer> {
  let mutated = new Uint8Array(bytes);
  for (let mutations = 1 + chance.below(4); mutations > 0 && mutated.length > 0; mutations--) {
    mutated = mutateOnce(mutated, chance);
  }
  return mutated;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, chance: Chance): Uint8Array<ArrayBuffer> {
  const at = chance.below(bytes.length);
  const end = Math.min(bytes.length, at + 1 + chance.below(chance.is(0.9) ? 16 : bytes.length));
  switch (chance.below(6)) {
    case 0:
      bytes[at]! ^= 1 << chance.below(8);
      return bytes;
    case 1:
      bytes[at] = chance.of([0, 1, 0x0a, 0x22, 0x2d, 0x30, 0x39, 0x7b, 0x7d, 0x7f, 0x80, 0xff]);
      return bytes;
    case 2:
      return join(bytes.subarray(0, at), bytes.subarray(end));
    case 3:
      return join(bytes.subarray(0, end), bytes.subarray(at));
    case 4:
      bytes.copyWithin(chance.below(bytes.length), at, end);
      return bytes;
    default:
      return chance.is(0.2) ? bytes.slice(0, at) : bytes.fill(chance.below(256), at, end);
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** Values that readers trip over. */
const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  0.5,
  1e308,
  -1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 64,
  "",
  "x",
  "-5",
  "\u001b[31m\u0000\ud800",
  "__proto__",
  "x".repeat(5000),
  [],
  {},
  [[]],
  { "": null },
  // No text can be made of these.
  { toString: 1, valueOf: null },
  [{ toString: null }],
  Array(300).fill(0),
];

/** A deep copy with one to three fields or items changed, lost, doubled, renamed or given odd values. */
export function mutateValue(value: unknown, chance: Chance): unknown {
  const copy = structuredClone(value);
  for (let changes = 1 + chance.below(3); changes > 0; changes--) {
    if (typeof copy !== "object" || copy === null) return odd(chance);
    changeWithin(copy as Record<string, unknown>, chance);
  }
  return copy;
}

function changeWithin(parent: Record<string, unknown>, chance: Chance): void {
  const keys = Object.keys(parent);
  const key = chance.of(keys);
  const child = parent[key];
  if (key === undefined) return put(parent, "more", odd(chance));
  if (typeof child === "object" && child !== null && chance.is(0.7)) {
    return changeWithin(child as Record<string, unknown>, chance);
  }
  switch (chance.below(5)) {
    case 0:
      return void delete parent[key];
    case 1:
      delete parent[key];
      return put(parent, chance.of(["more", "__proto__", "constructor", "0", key.toUpperCase()]), child);
    case 2:
      return put(parent, key, structuredClone(parent[chance.of(keys)]));
    case 3:
      return put(parent, key, typeof child === "number" ? nearNumber(child, chance) : odd(chance));
    default:
      return put(parent, key, odd(chance));
  }
}

function odd(chance: Chance): unknown {
  return structuredClone(chance.of(ODD));
}

/** As JSON does it: a key is a key, whatever its name. */
function put(parent: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function nearNumber(value: number, chance: Chance): number {
  return chance.of([value + 1, value - 1, -value, 2 * value, value / 2, value * 1e9, value + 0.25]);
}

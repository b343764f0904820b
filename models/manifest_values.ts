/** Values of `artifacts.json`, narrowed one by one: each throws {@linkcode ManifestError} with its path where it is none. */
import { numElements } from "../common/shape.ts";

/** A manifest that is not what the format says. The text names the field, what was required and what was found. */
export class ManifestError extends Error {
  override name = "ManifestError";
}

/** Extents, of which the first may be "N". */
export type Dims = readonly (number | string)[];

/** Most elements of one buffer: 1 GiB of float32. */
const MAX_ELEMENTS = 2 ** 28;
const MAX_ITEMS = 4096;

export function refuse(path: string, required: string, found: unknown): never {
  const shown = JSON.stringify(found) ?? String(found);
  throw new ManifestError(
    `Cannot read artifacts.json: ${path} must be ${required}, found ${
      shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
    }`,
  );
}

export function record<K extends string>(
  value: unknown,
  path: string,
  keys: readonly K[],
): Record<K, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(path, "an object", value);
  for (const key of keys) if (!Object.hasOwn(value, key)) refuse(`${path}.${key}`, "present", undefined);
  const unknown = Object.keys(value).find((key) => !keys.includes(key as K));
  if (unknown !== undefined) refuse(path, `without other fields than ${keys.join(", ")}`, unknown);
  return value as Record<K, unknown>;
}

export function array(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value) || value.length > MAX_ITEMS) {
    refuse(path, `an array of at most ${MAX_ITEMS}`, value);
  }
  return value;
}

export function text(value: unknown, path: string): string {
  return matching(value, /^[\w.-]{1,128}$/, path);
}

export function matching(value: unknown, pattern: RegExp, path: string): string {
  return typeof value === "string" && pattern.test(value)
    ? value
    : refuse(path, `text that matches ${pattern.source}`, value);
}

export function count(value: unknown, path: string, min: number): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= MAX_ELEMENTS
    ? value
    : refuse(path, `a whole number from ${min} to ${MAX_ELEMENTS}`, value);
}

export function ratioOf(value: unknown, path: string): number {
  return typeof value === "number" && value > 0 && value < 1
    ? value
    : refuse(path, "above 0 and below 1", value);
}

export function powerOfTwo(value: unknown, path: string): number {
  const found = count(value, path, 1);
  return Number.isInteger(Math.log2(found)) ? found : refuse(path, "a power of two", value);
}

export function extents(value: unknown, path: string): number[] {
  return array(value, path).map((extent, i) => count(extent, `${path}[${i}]`, 1));
}

/** A shape whose first extent may be "N". */
export function dims(value: unknown, path: string): Dims {
  return array(value, path).map((dim, i) => i === 0 && dim === "N" ? "N" : count(dim, `${path}[${i}]`, 1));
}

export function same<T extends string | number>(found: unknown, expected: T, path: string): T {
  return found === expected ? expected : refuse(path, JSON.stringify(expected), found);
}

export function sameShape(found: Dims, expected: Dims, path: string): void {
  if (found.length !== expected.length || found.some((dim, i) => dim !== expected[i])) {
    refuse(path, JSON.stringify(expected), found);
  }
}

/** `start` plus the elements of `shape`. */
export function total(start: number, shape: Dims, path: string): number {
  const size = numElements(shape.map(Number)) + start;
  return size <= MAX_ELEMENTS ? size : refuse(path, `within ${MAX_ELEMENTS} elements`, size);
}

export function unique(names: readonly string[], path: string, what: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) refuse(path, `a list without the same ${what} twice`, twice);
}

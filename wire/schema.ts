/**
 * Checked shapes of message headers: a field table gives both the TypeScript type and the run-time check, so the
 * two cannot drift apart. Every field is checked and unknown fields are refused.
 */

import { cleanText } from "../common/text/foreign_text.ts";

/** Checks a value; throws {@linkcode SchemaError} naming the path. Returns it narrowed. */
export type Check<T> = (value: unknown, path: string) => T;
export type Infer<C> = C extends Check<infer T> ? T : never;
export type Fields = Record<string, Check<unknown>>;
export type InferFields<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

/** A message that is not what the protocol says. The text names the field, what was required and what was found. */
export class SchemaError extends Error {
  override name = "SchemaError";
}

/** Anything in a few words: there are objects that no text can be made of. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

function refuse(path: string, required: string, found: unknown): never {
  throw new SchemaError(`Field ${path} must be ${required}: found ${show(found)}`);
}

/** Text of at most `max` UTF-16 units, as it is: never to be shown. */
export const text = (max = 256): Check<string> => (value, path) =>
  typeof value === "string" && value.length <= max
    ? value
    : refuse(path, `text of at most ${max} characters`, value);

/** Text for people, of at most `max` UTF-16 units. Returns it cleaned, since an untrusted peer may have written it. */
export const cleanedText = (max: number): Check<string> => (value, path) =>
  cleanText(text(max)(value, path), max);

/** A name of at most `max` visible characters of ASCII, without spaces. */
export const plain = (max: number): Check<string> => (value, path) =>
  typeof value === "string" && value.length <= max && /^[\x21-\x7e]*$/.test(value)
    ? value
    : refuse(path, `at most ${max} visible characters of ASCII`, value);

/** Lower-case hexadecimal digits, exactly `digits`. */
export const hex = (digits: number): Check<string> => (value, path) =>
  typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value)
    ? value
    : refuse(path, `${digits} lower-case hexadecimal digits`, value);

/** An integer of min..max. */
export const int = (min: number, max: number = Number.MAX_SAFE_INTEGER): Check<number> => (value, path) =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
    ? value
    : refuse(path, `an integer from ${min} to ${max}`, value);

/** A finite number of min..max. */
export const finite = (min = -Infinity, max = Infinity): Check<number> => (value, path) =>
  typeof value === "number" && Number.isFinite(value) && value >= min && value <= max
    ? value
    : refuse(path, `a finite number from ${min} to ${max}`, value);

export const bool: Check<boolean> = (value, path) =>
  typeof value === "boolean" ? value : refuse(path, "true or false", value);

/** One of the given words. */
export const oneOf = <const T extends string>(...words: readonly T[]): Check<T> => (value, path) =>
  words.includes(value as T) ? value as T : refuse(path, `one of ${words.join(", ")}`, value);

export const nullable = <T>(check: Check<T>): Check<T | null> => (value, path) =>
  value === null ? null : check(value, path);

/** An array of at most `max` items. */
export const list = <T>(check: Check<T>, max: number): Check<readonly T[]> => (value, path) =>
  Array.isArray(value) && value.length <= max
    ? value.map((item, i) => check(item, `${path}[${i}]`))
    : refuse(path, `an array of at most ${max} items`, value);

/** An object with exactly these fields. */
export const object = <F extends Fields>(fields: F): Check<InferFields<F>> => {
  const checks = Object.entries(fields);
  return (value, path) => checkObject(fields, checks, value, path) as InferFields<F>;
};

/** One of several objects, told apart by the text in one of their fields. */
export const tagged = <T extends Record<string, Check<unknown>>>(
  tag: string,
  kinds: T,
): Check<Infer<T[keyof T]>> =>
(value, path) => {
  const kind = (value as Record<string, unknown> | null | undefined)?.[tag];
  if (typeof kind === "string" && Object.hasOwn(kinds, kind)) {
    return kinds[kind]!(value, path) as Infer<T[keyof T]>;
  }
  return refuse(`${path}.${tag}`, `one of ${Object.keys(kinds).join(", ")}`, kind);
};

function checkObject(
  fields: Fields,
  checks: readonly [string, Check<unknown>][],
  value: unknown,
  path: string,
): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, "an object", value);
  }
  const record = value as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [name, check] of checks) {
    if (!Object.hasOwn(record, name)) return refuse(`${path}.${name}`, "present", undefined);
    out[name] = check(record[name], `${path}.${name}`);
  }
  for (const name of Object.keys(record)) {
    if (!Object.hasOwn(fields, name)) {
      return refuse(`${path}.${name}`, "absent (unknown field)", record[name]);
    }
  }
  return out;
}

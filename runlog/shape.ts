/**
 * Structural checks of log records: a field table gives both the TypeScript type and a cheap run-time guard.
 * Unlike the wire's (`wire/schema.ts`), unknown fields pass: a newer wagon may have written them.
 */

/** True if a value has the shape of T. */
export type Guard<T> = (value: unknown) => value is T;
export type Guarded<G> = G extends Guard<infer T> ? T : never;

/** A field that may be absent. */
export interface Optional<T> {
  readonly optional: Guard<T>;
}
type Field = Guard<unknown> | Optional<unknown>;
type Fields = Readonly<Record<string, Field>>;
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends Optional<unknown> ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };
export type Shaped<F extends Fields> = Flat<
  & { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Guarded<F[K]> }
  & { readonly [K in OptionalKeys<F>]?: F[K] extends Optional<infer T> ? T : never }
>;

export const num: Guard<number> = (value) => typeof value === "number";
/** A count of things or steps. */
export const whole: Guard<number> = (value): value is number =>
  Number.isSafeInteger(value) && value as number >= 0;
export const text: Guard<string> = (value) => typeof value === "string";
export const bool: Guard<boolean> = (value) => typeof value === "boolean";

/** A name that stays one, whatever path it is put into. */
export const name: Guard<string> = (value): value is string =>
  text(value) && value !== "." && value !== ".." && /^[^/\\\0]+$/.test(value);

/** A path that leads nowhere but into the folder it is relative to. */
export const pathWithin: Guard<string> = (value): value is string =>
  text(value) && !/^[a-z]:/i.test(value) && value.split("/").every(name);

/** Anything that JSON can say. */
export const anything: Guard<unknown> = (_value): _value is unknown => true;

export const optional = <T>(guard: Guard<T>): Optional<T> => ({ optional: guard });

/** One of the given words. */
export const oneOf = <const T extends string>(...words: readonly T[]): Guard<T> => (value): value is T =>
  words.includes(value as T);

export const nullable = <T>(guard: Guard<T>): Guard<T | null> => (value): value is T | null =>
  value === null || guard(value);

export const list = <T>(guard: Guard<T>): Guard<readonly T[]> => (value): value is readonly T[] =>
  Array.isArray(value) && value.every(guard);

export const pair = <T>(guard: Guard<T>): Guard<readonly [T, T]> => (value): value is readonly [T, T] =>
  Array.isArray(value) && value.length === 2 && value.every(guard);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object whose every value passes the guard. */
export const mapOf = <T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> =>
(
  value,
): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every(guard);

/** The guard of an object, which knows its fields. */
type ObjectGuard<F extends Fields> = Guard<Shaped<F>> & { readonly fields: F };

/** An object with at least these fields. */
export function object<const F extends Fields>(fields: F): ObjectGuard<F> {
  const entries = Object.entries(fields);
  const guard: Guard<Shaped<F>> = (value): value is Shaped<F> =>
    isObject(value) && entries.every(([name, field]) => fits(field, value[name]));
  return Object.assign(guard, { fields });
}

function fits(field: Field, value: unknown): boolean {
  return typeof field === "function" ? field(value) : value === undefined || field.optional(value);
}

/** The first field that a value lacks, or that is of another kind, e.g. "data.sha256"; "" where there is none. */
export function misfit({ fields }: { readonly fields: Fields }, value: unknown): string {
  const found = isObject(value) ? value : {};
  const name = Object.keys(fields).find((name) => !fits(fields[name]!, found[name]));
  if (name === undefined) return "";
  const inner = fields[name] as Partial<ObjectGuard<Fields>>;
  const rest = inner.fields && isObject(found[name]) ? misfit({ fields: inner.fields }, found[name]) : "";
  return rest === "" ? name : `${name}.${rest}`;
}

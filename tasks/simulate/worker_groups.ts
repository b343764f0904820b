/** Workers to simulate, as the options describe them. */
import { UserError } from "../../common/errors.ts";
import { type Link, parseLink, parseTime } from "../../common/link.ts";
import { nearest } from "../../common/nearest.ts";
import { cleanText } from "../../common/text/foreign_text.ts";
import type { WorkerGroup } from "../../simulation/setup.ts";
import { MAX_WORKERS } from "./limits.ts";

/** Options that describe workers. */
export interface WorkerOptions {
  readonly workers?: number | undefined;
  readonly device_step_ms?: number | undefined;
  readonly generator_step_ms?: number | undefined;
  readonly threads: number;
  readonly link?: string | undefined;
  readonly rtt?: string | undefined;
  readonly worker: readonly string[];
}

const LOCAL = "local";
const KEYS = ["name", "count", "link", "rtt", "step-ms", "generator-step-ms", "threads"] as const;
type Key = typeof KEYS[number];
const MAX_THREADS = 1024;
const MAX_NAME = 40;

/** The groups of workers. Throws {@linkcode UserError}. */
export function workerGroups(options: WorkerOptions): WorkerGroup[] {
  const { worker, workers } = options;
  if (worker.length === 0) return [groupOf(new Map(), { ...options, workers: workers ?? 2 }, 0)];
  if (workers !== undefined) {
    throw new UserError(
      `Option --workers must not be given with --worker, which replaces it: found ${workers}; write count=${workers} there`,
    );
  }
  const groups = worker.map((text, i) => groupOf(fieldsOf(text), { ...options, workers: 1 }, i));
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  if (count > MAX_WORKERS) {
    throw new UserError(`Options --worker must have at most ${MAX_WORKERS} workers in all: found ${count}`);
  }
  const names = groups.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return groups;
  throw new UserError(`Options --worker must have different names: found ${JSON.stringify(twice)} twice`);
}

/** Splits key=value pairs at commas. */
function fieldsOf(text: string): Map<Key, string> {
  const fields = new Map<Key, string>();
  for (const pair of text.split(",")) {
    const [, key, value] = /^([^=]*)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      throw new UserError(
        `Option --worker must be pairs like count=4,link=1gbit: found ${JSON.stringify(cleanText(pair))}`,
      );
    }
    if (!isKey(key)) {
      const guess = nearest(key, KEYS);
      throw new UserError(
        `Option --worker must have keys of ${KEYS.join(", ")}: found ${JSON.stringify(cleanText(key))}` +
          (guess ? ` (did you mean ${guess}?)` : ""),
      );
    }
    if (fields.has(key)) throw new UserError(`Option --worker must have each key once: found ${key} twice`);
    fields.set(key, value);
  }
  return fields;
}

function isKey(text: string): text is Key {
  return (KEYS as readonly string[]).includes(text);
}

function groupOf(fields: ReadonlyMap<Key, string>, options: WorkerOptions, index: number): WorkerGroup {
  const whole = (key: Key, otherwise: number, max: number) =>
    numberOf(fields, key, { otherwise, max, is_whole: true });
  const critic = numberOf(fields, "step-ms", { otherwise: options.device_step_ms ?? null });
  if (critic === null) {
    throw new UserError(
      "Option --device-step-ms must be given, the time that a thread takes for one shard: found none; " +
        "deno task inspect shows that of a run, for each worker",
    );
  }
  const generator = numberOf(fields, "generator-step-ms", {
    otherwise: fields.has("step-ms") ? critic : options.generator_step_ms ?? critic,
  })!;
  const name = fields.get("name") ?? (options.worker.length > 1 ? `workers-${index + 1}` : "worker");
  if (name.length > MAX_NAME || cleanText(name) !== name) {
    throw new UserError(
      `Option --worker must have a name of at most ${MAX_NAME} plain characters: found ${
        JSON.stringify(cleanText(name))
      }`,
    );
  }
  return {
    name,
    count: whole("count", options.workers!, MAX_WORKERS)!,
    threads: whole("threads", options.threads, MAX_THREADS)!,
    step_ms: { critic, generator },
    link: linkOf(fields, options),
    on_its_cores: false,
    relayed: false,
  };
}

function numberOf<T extends number | null>(
  fields: ReadonlyMap<Key, string>,
  key: Key,
  { otherwise, max = Infinity, is_whole = false }: { otherwise: T; max?: number; is_whole?: boolean },
): number | T {
  const text = fields.get(key);
  if (text === undefined) return otherwise;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= max && (!is_whole || Number.isInteger(value))) return value;
  const kind = is_whole ? `an integer from 1 to ${max}` : "a number above 0";
  throw new UserError(`Key ${key} of --worker must be ${kind}: found ${JSON.stringify(cleanText(text))}`);
}

function linkOf(fields: ReadonlyMap<Key, string>, { link, rtt }: WorkerOptions): Link | null {
  const own_link = fields.get("link"), own_rtt = fields.get("rtt");
  const text = own_link ?? link ?? LOCAL;
  const round_trip = own_rtt ?? (own_link === undefined ? rtt : undefined);
  const where = own_rtt === undefined ? "Option --rtt" : "Key rtt of --worker";
  if (text === LOCAL) {
    if (round_trip === undefined) return null;
    throw new UserError(
      `${where} must not be given without a link: found ${JSON.stringify(round_trip)}; add --link`,
    );
  }
  const found = parseLink(text, own_link === undefined ? "Option --link" : "Key link of --worker");
  return round_trip === undefined ? found : { ...found, rtt_ms: parseTime(round_trip, where) };
}

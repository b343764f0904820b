/**
 * Runs whose weights are published in docs/results/quality.md. At its end a run of the same settings is told
 * whether it has the same bits, and if not, why.
 *
 * How a row is made: train with the command, then take `settingsSha256` of the run's summary, and from its end the
 * numeric class and the hash of the weights. Another class's bits are one more entry of `weights_sha256`.
 */
import { LATER_SETTINGS } from "../later_settings.ts";
import type { Summary } from "./summary.ts";

interface Published {
  readonly command: string;
  readonly settings_sha256: string;
  /** By numeric class. */
  readonly weights_sha256: Readonly<Record<string, string>>;
}

export const PUBLISHED: readonly Published[] = [
  {
    // 2026-11-30, Linux x64, ONNX Runtime 1.30.0; the same since 2026-11-24.
    command: "deno task train",
    settings_sha256: "00d4439532943f139915e826a1feb248a077d7244b0d9d94ea0e44944590f216",
    weights_sha256: {
      a18eabbccd5f5cb1461d788d1dcff11b73a493edfcbf55824cca4b956c6a15a0:
        "996c77802fe3bee2a76fc5445215f65b7ac9549f081dff293061f0a07bc9748b",
    },
  },
  {
    // 2026-11-30, Linux x64, ONNX Runtime 1.30.0.
    command: "deno task train --dataset 8gaussians",
    settings_sha256: "a05edd893268930e698a2255d3126b86d90459138297534870f6ff845790e81d",
    weights_sha256: {
      d1cf8c4360f57a8b134b16ee51d72f26c2f5b3eca24d93e9686f54767e42a76b:
        "cbc035cedbb8c8a09d13462866bc16729c44344fae2799a176dc5821e9bc7d42",
    },
  },
];

/** Settings that no bit depends on. */
const NEUTRAL: ReadonlySet<string> = new Set([
  "data",
  "dataset",
  "epochs",
  "exact",
  "sample_every",
  "evaluate_every",
  "keep_best",
  "metrics",
  "checkpoint_every",
  "min_steps",
  "stop_when_flat",
]);

/** Left out where they are as in all runs before. */
const LATER: Readonly<Record<string, unknown>> = LATER_SETTINGS;

/** Entries by name at every depth, so that their order does not count. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

/** Hashes a text, as hexadecimal digits. */
type Sha256 = (text: string) => string;

/** SHA-256 of everything that a run was set to and that its bits depend on, the data included. */
export function settingsSha256({ config, data }: Pick<Summary, "config" | "data">, sha256: Sha256): string {
  const settings = Object.fromEntries(
    Object.entries(config).filter(([name, value]) =>
      !NEUTRAL.has(name) && !(Object.hasOwn(LATER, name) && LATER[name] === value)
    ),
  );
  const text = JSON.stringify(sorted({ ...settings, data_sha256: data.sha256, held_out: data.held_out }));
  return sha256(text);
}

type Finished = Pick<
  Summary,
  "state" | "steps" | "config" | "data" | "weights_sha256" | "weights_from" | "bits" | "numeric_classes"
>;

/** A sentence on a finished run of published settings, without a full stop; null for every other run. */
export function publishedNote(
  run: Finished,
  sha256: Sha256,
  published: readonly Published[] = PUBLISHED,
): string | null {
  const { state, steps, config, weights_sha256, weights_from, bits, numeric_classes } = run;
  if (state !== "finished" || weights_from !== "end" || steps !== config.steps) return null;
  const settings = settingsSha256(run, sha256);
  const found = published.find(({ settings_sha256 }) => settings_sha256 === settings);
  if (!found) return null;
  if (Object.values(found.weights_sha256).includes(weights_sha256!)) {
    return `The same bits as published for ${found.command} (docs/results/quality.md)`;
  }
  const [numeric_class, ...others] = numeric_classes;
  if (bits === "exact" && others.length === 0 && Object.hasOwn(found.weights_sha256, numeric_class!)) {
    return `The weights differ from those published for ${found.command}, although this hardware is of the same numeric class: please report this ` +
      "run with its events.jsonl";
  }
  return `The weights differ from those published for ${found.command}. This is expected, and the run is as good: hardware of another numeric class rounds ` +
    "differently";
}

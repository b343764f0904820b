/**
 * The critic doctor: a table of pure rules over the sum of a run's log. docs/doctor.md is this table for people.
 * Nothing here stops or changes a run.
 */
import type { Summary } from "../summary/summary.ts";
import { average_better, average_lags, average_worse } from "./average_rule.ts";
import { CURVE_RULES } from "./curve_rules.ts";
import { DATA_RULES } from "./data_rules.ts";
import { metric_turned } from "./metric_rules.ts";
import { NETWORK_RULES } from "./network_rules.ts";
import { SAMPLE_RULES } from "./sample_rules.ts";
import type { Finding, Rule } from "./rule.ts";
import { SETTING_RULES } from "./setting_rules.ts";
import { WORK_RULES } from "./work_rules.ts";

/** All rules, the most pressing first. */
export const RULES: readonly Rule[] = [
  ...DATA_RULES,
  ...SETTING_RULES,
  ...CURVE_RULES,
  ...NETWORK_RULES,
  ...SAMPLE_RULES,
  metric_turned,
  average_lags,
  average_worse,
  average_better,
  ...WORK_RULES,
];

/**
 * Faults of a run, the most pressing first, notes last; empty if there are none, or if it is too early to
 * tell.
 *
 * @example
 * ```ts
 * import { train } from "@wagon/wagon";
 * import { examine, readSummary } from "@wagon/wagon/runlog";
 *
 * const folder = await Deno.makeTempDir();
 * await train({ data: "8gaussians", steps: 5, out: folder });
 * const findings = examine(await readSummary(folder));
 * for (const { code, seen, change } of findings) console.log(code, seen, change);
 * ```
 */
export function examine(summary: Summary): Finding[] {
  const found = RULES.flatMap(({ code, spoils, cause, change, find }): Finding[] => {
    const evidence = find(summary);
    if (!evidence) return [];
    const { passed, ...seen } = evidence;
    return [{ code, spoils, grade: passed ? "note" : "fault", cause, change, ...seen }];
  });
  const graded = found.map((finding) =>
    isExplained(finding, found) ? { ...finding, grade: "note" as const } : finding
  );
  return [
    ...graded.filter(({ grade }) => grade === "fault"),
    ...graded.filter(({ grade }) => grade === "note"),
  ];
}

/** Rules whose findings follow from a setting that is far off: their advice would contradict that about the setting. */
const CONSEQUENCES: ReadonlySet<string> = new Set([...CURVE_RULES, ...NETWORK_RULES].map(({ code }) => code));
const SETTINGS: ReadonlySet<string> = new Set(SETTING_RULES.map(({ code }) => code));

function isExplained({ code }: Finding, found: readonly Finding[]): boolean {
  return CONSEQUENCES.has(code) && found.some(({ code, grade }) => SETTINGS.has(code) && grade === "fault");
}

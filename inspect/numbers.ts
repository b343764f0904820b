/** Numbers as people read them. What is missing is a dash. */
import { significant } from "../common/significant.ts";

const MISSING = "-";

/** A count with its thousands apart: 1,280,000. */
export function count(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three significant digits: 0.0909, 12.3, 1.2e-7. */
export function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(2);
  return size >= 1000 ? count(value) : String(significant(value));
}

/** A setting as a person would write it: 64, 5e-5, paper; "none" where it is switched off. */
export function setting(value: unknown): string {
  if (value === null) return "none";
  if (typeof value !== "number" || value === 0 || Math.abs(value) >= 1e-3) return String(value);
  return value.toExponential();
}

export function milliseconds(value: number | null): string {
  return value === null ? MISSING : `${value.toFixed(value < 9.95 ? 2 : 1)} ms`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** How long ago something was, in one unit: "just now", "5 min ago", "3 h ago", "2 d ago". */
export function ago(then_ms: number, now_ms: number): string {
  const minutes = Math.floor((now_ms - then_ms) / 60_000);
  if (!Number.isFinite(minutes)) return MISSING;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / (24 * 60))} d ago`;
}

/** 16 MB, 1.3 GB. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${significant(value)} ${units[unit]}`;
}

/** Labels of an axis of steps, all in one style: 0, 5k, 10k where it reaches 10,000; else 0, 500, 1,000. */
export function stepLabels(steps: readonly number[]): string[] {
  const in_thousands = Math.max(0, ...steps) >= 10_000;
  return steps.map((step) => {
    if (!in_thousands || step === 0) return count(step);
    return `${step % 1000 === 0 ? count(step / 1000) : figure(step / 1000)}k`;
  });
}

/** Labels of an axis of values, all with as many digits as their spacing needs: 0, 0.25, 0.50. */
export function valueLabels(values: readonly number[]): string[] {
  const spacing = values.length > 1 ? Math.abs(values[1]! - values[0]!) : 0;
  const largest = Math.max(0, ...values.map(Math.abs));
  const isWhole = (scaled: number) => Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.abs(scaled);
  const digits = [0, 1, 2, 3, 4, 5].find((digits) => spacing > 0 && isWhole(spacing * 10 ** digits));
  if (digits === undefined || largest >= 1e6) return values.map(figure);
  return values.map((value) => {
    if (Math.abs(value) < spacing / 1e6) return "0";
    return digits === 0 ? count(value) : value.toFixed(digits);
  });
}

/** Said behind bytes of a run whose sums and weights travel rounded, or once a round of local steps. */
export function travelsAs({ wire, local_steps, learners }: Readonly<Record<string, unknown>>): string {
  if (typeof local_steps === "number") {
    return `, ${learners} learners averaged every ${local_steps === 1 ? "step" : `${local_steps} steps`}`;
  }
  return wire === "int8" || wire === "bfloat16" ? `, as ${wire}` : "";
}

/** The times that `deno test --parallel` prints. Pure. */

const UNIT_S: Readonly<Record<string, number>> = { m: 60, s: 1, ms: 1e-3, µs: 1e-6 };
/** `./path => test ... ok (1m2s)`; a test with failed steps says so before its time. */
const LINE = /^(\.\/\S+ => .+?) \.\.\. (?:ok|FAILED)(?: \(due to [^)]*\))? \(([^()]+)\)$/;

/** A time as Deno writes it, in seconds: 72µs, 425ms, 3s, 1m2s. */
export function secondsOf(text: string): number {
  return [...text.matchAll(/([\d.]+)(ms|µs|m|s)/g)]
    .reduce((sum, [, number, unit]) => sum + Number(number) * UNIT_S[unit!]!, 0);
}

/** The slowest tests, slowest first, a line each; the time of a step is part of its test's. */
export function slowest(output: string, count: number): string[] {
  return output.split("\n")
    .map((line) => line.match(LINE))
    .filter((match) => match !== null && !match[1]!.includes(" ... "))
    .map((match) => ({ name: match![1]!, text: match![2]!, seconds: secondsOf(match![2]!) }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ name, text }) => `${text.padStart(6)}  ${name}`);
}

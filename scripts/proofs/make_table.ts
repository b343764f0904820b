/**
 * Writes the table that the figures of docs/presets.md are of, as CSV: 50,000 rows of eight columns of numbers, of
 * scales from 1 to 100,000, and two of categories. Columns depend on each other, some have two modes, some a long tail.
 *
 *     deno run --allow-write scripts/proofs/make_table.ts people.csv
 */
import { fillNormal } from "../../random/philox.ts";

const NUM_ROWS = 50_000;
const NAMES = ["age", "income", "spending", "distance_km", "hours", "temperature", "pressure_pa", "score"];
const REGIONS = ["north", "south", "east", "west", "abroad"];
/** Shares of the regions, added up. */
const REGION_SHARES = [0.4, 0.65, 0.82, 0.95, 1];
const CONTRACTS = ["none", "basic", "full"];
const NOISE_PER_ROW = 12;

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** A row of these normal numbers. */
function rowOf(z: Float32Array): string {
  const region = REGION_SHARES.findIndex((share) => logistic(1.702 * z[0]!) < share);
  const is_young = z[1]! + 0.4 * (region - 1) < 0.2;
  const age = is_young ? 27 + 5 * z[2]! : 55 + 9 * z[2]!;
  const income = 22_000 * Math.exp(0.5 * z[3]! + 0.012 * (age - 40) - 0.15 * region);
  const spending = income * logistic(0.6 * z[4]! - 0.4);
  const distance = -12 * Math.log(logistic(1.702 * z[5]!)) * (1 + 0.5 * region);
  const wants = 0.04 * (age - 40) + 0.8 * Math.log(income / 22_000) + 0.9 * z[6]!;
  const contract = wants < -0.6 ? 0 : wants < 0.9 ? 1 : 2;
  const hours = (contract === 2 ? 38 : 21) + 4 * z[7]!;
  const temperature = 14 - 3 * region + 6 * z[8]!;
  const pressure = 101_325 - 60 * (temperature - 10) + 500 * z[9]!;
  const score = logistic(0.5 * (hours - 28) / 10 + 1.1 * z[10]!);
  const numbers = [age, income, spending, distance, hours, temperature, pressure, score];
  return [...numbers.map((value) => Number(value.toPrecision(6))), REGIONS[region], CONTRACTS[contract]].join(
    ",",
  );
}

const [path] = Deno.args;
if (path === undefined) {
  console.error("Usage: make_table.ts FILE.csv");
  Deno.exit(2);
}
const noise = new Float32Array(NUM_ROWS * NOISE_PER_ROW);
fillNormal(noise, { seed: 1, purpose: "dataset", counter: 0, shard: 0 });
const lines = Array.from(
  { length: NUM_ROWS },
  (_, i) => rowOf(noise.subarray(i * NOISE_PER_ROW, (i + 1) * NOISE_PER_ROW)),
);
await Deno.writeTextFile(path, [[...NAMES, "region", "contract"].join(","), ...lines].join("\n") + "\n");

/**
 * `deno task picture-bench`: how long this checkout and another one take to read the same folder of pictures, in turns,
 * and how much memory.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { median } from "../../common/median.ts";

const OWN = fileURLToPath(new URL("../../", import.meta.url));
const MAKER = join(OWN, "bench/pictures/make_pictures.py");
const READER = join(OWN, "bench/pictures/read_pictures.ts");

const OPTIONS = {
  against: {
    kind: "string",
    value: "DIR",
    about: "Another checkout, in which deno install was run, to compare with",
  },
  count: { kind: "number", integer: true, min: 1, default: 20_000, about: "Pictures, half of them JPEG" },
  rounds: { kind: "number", integer: true, min: 1, default: 3, about: "How often each reads them" },
  pictures: {
    kind: "string",
    value: "DIR",
    about: "Folder for the pictures, which are made if it does not exist; default: a temporary one",
  },
  python: { kind: "string", value: "PATH", default: "python3", about: "A Python with Pillow and NumPy" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task picture-bench",
  about: "Measures how long reading a folder of pictures takes, on all cores, and how much memory.",
  options: OPTIONS,
  examples: [{ line: "deno task picture-bench --against ../wagon-before", about: "two checkouts, in turns" }],
};

/** As the coordinator is started (tasks/launch/rights.ts). */
const V8 = "--v8-flags=--max-semi-space-size=2";

interface Measured {
  readonly wall_ms: number;
  readonly peak_bytes: number | null;
  readonly num_examples: number;
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output().catch(() => {
    throw new UserError(`Cannot start ${program}: a program is required, found none; check --python`);
  });
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  const [last = ""] = decoder.decode(stderr).trim().split("\n").slice(-1);
  throw new UserError(`Cannot go on: ${program} must end with exit code 0, found ${code} (${last})`);
}

/** Reads the pictures with the reader of a checkout, in a process of its own. */
async function measure(checkout: string, pictures: string): Promise<Measured> {
  const config = ["--config", join(checkout, "deno.json"), "--no-check", "--allow-all"];
  const args = ["run", "--quiet", V8, ...config, READER, checkout, pictures];
  const text = await output(Deno.execPath(), args);
  return JSON.parse(text) as Measured;
}

function describe(name: string, all: readonly Measured[]): string {
  const seconds = all.map(({ wall_ms }) => (wall_ms / 1000).toFixed(2));
  const peak = Math.max(...all.map(({ peak_bytes }) => peak_bytes ?? NaN));
  const middle = median(all.map(({ wall_ms }) => wall_ms / 1000));
  return `${name}: ${middle.toFixed(2)} s (${seconds.join(", ")}), at most ${Math.round(peak / 1e6)} MB`;
}

async function main(args: readonly string[]): Promise<void> {
  const { against, count, rounds, python, pictures: named } = parseOptions(COMMAND, args).values;
  const scratch = await Deno.makeTempDir({ prefix: "wagon-pictures-" });
  try {
    const pictures = resolve(named ?? join(scratch, "pictures"));
    if (!await Deno.stat(pictures).then(() => true, () => false)) {
      await output(python, [MAKER, pictures, String(count)]);
    }
    const own: Measured[] = [], other: Measured[] = [], checkout = against && resolve(against);
    for (let round = 0; round < rounds; round++) {
      own.push(await measure(OWN, pictures));
      if (checkout !== undefined) other.push(await measure(checkout, pictures));
    }
    console.log(`${own[0]!.num_examples} pictures, ${navigator.hardwareConcurrency} cores`);
    console.log(describe("this checkout", own));
    if (checkout === undefined) return;
    console.log(describe(checkout, other));
    const ratio = median(own.map(({ wall_ms }, i) => wall_ms / other[i]!.wall_ms));
    console.log(`this checkout / other: ${ratio.toFixed(2)}`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

if (import.meta.main) await runMain(main);

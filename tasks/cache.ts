/** `deno task cache`: lists the decoded pictures that runs have kept, or removes them. */
import { parseOptions, runMain } from "../common/cli/cli.ts";
import type { Command } from "../common/cli/options.ts";
import { counted } from "../common/text/counted.ts";
import { MAX_CACHE_BYTES, ownCache } from "../coordinator/data/cache/own_cache.ts";

const OPTIONS = {
  clear: { kind: "boolean", about: "Remove all decoded pictures; runs decode them again" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task cache",
  about:
    "Shows how much space the decoded pictures take that runs keep for later runs on the same pictures. " +
    `They take at most ${MAX_CACHE_BYTES / 1e9} GB; the least recently used are removed first.`,
  options: OPTIONS,
  examples: [{ line: "deno task cache --clear", about: "remove them" }],
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 1 })} MB`;
}

async function main(args: readonly string[]): Promise<void> {
  const { values: { clear } } = parseOptions(COMMAND, args);
  const cache = ownCache((name) => Deno.env.get(name));
  if (cache === null) return console.log("There is no home folder, so no pictures are kept");
  if (clear) {
    const { count, bytes } = await cache.clear();
    return console.log(`${cache.path}: ${counted(count, "data set")} removed, ${megabytes(bytes)}`);
  }
  const files = await cache.list();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`${cache.path}: ${counted(files.length, "data set")} of decoded pictures, ${megabytes(bytes)}`);
  for (const file of files) {
    console.log(
      `  ${megabytes(file.bytes)}, last used ${
        new Date(file.used_ms).toISOString().slice(0, 16).replace("T", " ")
      }`,
    );
  }
}

if (import.meta.main) await runMain(main);

/** `deno task fetch-data`: downloads well-known data sets, each file known by its SHA-256. */
import { join } from "node:path";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import type { Command } from "../../common/cli/options.ts";
import { UserError } from "../../common/errors.ts";
import { RegularFile } from "../../common/files/regular_file.ts";
import { tarEntries } from "../../common/files/tar.ts";
import { contentOf } from "../../coordinator/data/files/content.ts";
import { SYSTEM_CLOCK } from "../../wire/clock.ts";
import { FETCHED_SETS, type FetchedName, type FetchedSet, packageUrl } from "./data_sets.ts";
import { download, type Downloading } from "./download.ts";
import { npmConfig } from "./npm_registry.ts";

const OPTIONS = {
  out: { kind: "string", value: "DIR", default_text: "data/NAME", about: "Folder for the files" },
} as const;

const NAMES = Object.keys(FETCHED_SETS) as FetchedName[];

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task fetch-data",
  about: "Downloads a data set to train on, and checks its SHA-256. An interrupted download is continued. " +
    `${NAMES.map((name) => `${name}: ${FETCHED_SETS[name].about}`).join("; ")}.`,
  positionals: [{ name: "NAME", about: NAMES.join(", ") }],
  options: OPTIONS,
  examples: [{ line: "deno task fetch-data emoji", about: "download emoji to data/emoji" }],
};

/** Surroundings of the command. */
export interface FetchAround extends Pick<Downloading, "fetch" | "after"> {
  readonly env: (name: string) => string | undefined;
  readonly cwd: string;
  readonly say: (line: string) => void;
}

/** Downloads a set into a folder, unless it is there. Throws {@linkcode UserError}. */
export async function fetchData(set: FetchedSet, folder: string, around: FetchAround): Promise<void> {
  const npm = set.places === null ? await npmConfig(around.env, around.cwd) : null;
  for (const { name, sha256, bytes } of set.files) {
    const urls = npm ? [packageUrl(npm.registry, name)] : set.places!.map((place) => place + name);
    let said = 0;
    const outcome = await download({ urls, sha256, bytes, path: join(folder, name) }, {
      ...around,
      ...npm && { headersFor: npm.headersFor },
      progress: (done, total) => {
        const percent = Math.floor(100 * done / total);
        if (percent < said + 10) return;
        said = percent - percent % 10;
        around.say(`${name}: ${said} % of ${(total / 1e6).toFixed(1)} MB`);
      },
    });
    around.say(`${join(folder, name)}: ${outcome}`);
    if (set.keep) {
      around.say(`${folder}: ${await unpackKept(join(folder, name), folder, set.keep)} files unpacked`);
    }
  }
  await Deno.writeTextFile(join(folder, "LICENCE.txt"), `${set.licence}\n`);
}

/** Unpacks a tar.gz: only names that the set keeps are written, and nothing outside the folder. */
async function unpackKept(
  archive: string,
  folder: string,
  keep: (name: string) => string | null,
): Promise<number> {
  const temporary = `${archive}.tar`;
  try {
    using packed = await RegularFile.open(archive);
    {
      using out = await Deno.open(temporary, { write: true, create: true, truncate: true });
      for await (const piece of (await contentOf(archive, packed)).pieces()) {
        for (let at = 0; at < piece.length;) at += await out.write(piece.subarray(at));
      }
    }
    using unpacked = await RegularFile.open(temporary);
    const damaged = (): never => {
      throw new UserError(
        `Cannot unpack ${archive}: a whole archive is required, found a damaged one; remove it`,
      );
    };
    let count = 0;
    for await (const { name, at, size } of tarEntries(unpacked, damaged)) {
      const kept = keep(name);
      if (kept === null) continue;
      await Deno.writeFile(join(folder, kept), await unpacked.read(at, size));
      count++;
    }
    return count;
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals: [name] } = parseOptions(COMMAND, args);
  if (name === undefined || !Object.hasOwn(FETCHED_SETS, name)) {
    throw new UserError(`Cannot fetch data: one of ${NAMES.join(", ")} is required, found ${name ?? "none"}`);
  }
  const set: FetchedSet = FETCHED_SETS[name as FetchedName];
  const folder = values.out ?? join("data", name);
  await fetchData(set, folder, {
    fetch,
    after: (ms, act) => SYSTEM_CLOCK.after(ms, act),
    env: (name) => Deno.env.get(name),
    cwd: Deno.cwd(),
    say: (line) => console.log(line),
  });
  console.log(`${set.licence}`);
  console.log(`Train on it: deno task train --data ${folder}${set.train}`);
}

if (import.meta.main) await runMain(main);

/** A short fuzz of each reader, the same each time; `deno task fuzz` goes on for as long as one likes. */
import assert from "node:assert/strict";
import { inTempDir } from "../temp_dir.ts";
import { fuzz } from "./target.ts";
import { openTargets } from "./targets.ts";

const SEED = 1;
/** Attempts of each: about a second in all. */
const ATTEMPTS: Readonly<Record<string, number>> = {
  "log": 60,
  "step_index": 60,
  "checkpoint": 300,
  "handshake": 30,
  "messages to the coordinator": 10,
  "messages to a worker": 10,
  "messages to a relay": 3,
  "pictures": 40,
  "data": 25,
  "parquet": 5,
  "named files": 40,
};

Deno.test("damaged files and messages meet no errors but their readers' own, and are never taken for the truth", () =>
  inTempDir(async (folder) => {
    for (const target of await openTargets(folder)) {
      const { findings } = await fuzz(target, SEED, (attempts) => attempts < ATTEMPTS[target.name]!);
      for (const { seed, error } of findings) {
        throw new Error(`${target.name}, seed ${seed} (deno task fuzz --seed ${seed})`, { cause: error });
      }
      assert.deepEqual(findings, []);
    }
  }));

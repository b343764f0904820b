import assert from "node:assert/strict";
import { findRun } from "../../../runlog/log/find_run.ts";
import { inTempDir } from "../../temp_dir.ts";
import { runRecord } from "./example_log.ts";

Deno.test("a run is found by its path, its folder, the newest of a name, and as the latest", () =>
  inTempDir(async (runs) => {
    const put = async (folder: string, created: string, name?: string) => {
      await Deno.mkdir(`${runs}/${folder}`);
      const record = { ...runRecord(), created, ...name !== undefined && { name } };
      await Deno.writeTextFile(`${runs}/${folder}/events.jsonl`, `${JSON.stringify(record)}\n`);
    };
    await put("b", "2026-03-01T00:00:00.000Z", "digits");
    await put("a", "2026-03-02T00:00:00.000Z", "digits");
    await put("c", "2026-03-03T00:00:00.000Z", "a");
    const found = (wanted: string) => findRun(wanted, runs);
    assert.equal(await found(`${runs}/b`), `${runs}/b`);
    assert.equal(await found("b"), `${runs}/b`);
    assert.equal(await found("a"), `${runs}/a`, "a folder before a name");
    assert.equal(await found("digits"), `${runs}/a`);
    assert.equal(await found("latest"), `${runs}/c`);
    await assert.rejects(found("digit"), /Cannot find run digit in .*: the newest is c/);
  }));

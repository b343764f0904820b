/** In a run folder only regular files are read, and nothing is waited for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { summarize } from "../../../inspect/run_folders.ts";
import { findRun } from "../../../runlog/log/find_run.ts";
import { openLog } from "../../../runlog/log/log_file.ts";
import { STEP_INDEX_NAME } from "../../../runlog/log/step_index.ts";
import { segmentName } from "../../../runlog/log/segments.ts";
import { readRegular } from "../../../common/files/regular_file.ts";
import { recordedPlaces } from "../../../tasks/launch/recorded_data.ts";
import { inTempDir } from "../../temp_dir.ts";
import { runRecord, steps } from "./example_log.ts";

const ignore = Deno.build.os === "windows";

async function makePipe(path: string): Promise<void> {
  assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
}

async function writeRun(folder: string): Promise<void> {
  const log = await openLog(join(folder, segmentName(1)));
  for (const record of [runRecord(), ...steps(1, 5)]) log.append(record);
  await log.flush();
  await log.close();
}

Deno.test(
  "a later segment that is no file is refused at once",
  { ignore },
  () =>
    inTempDir(async (folder) => {
      await writeRun(folder);
      const path = join(folder, segmentName(2));
      const refused = async (found: string) => {
        const message = `Cannot read ${path}: a regular file is required, found ${found}`;
        await assert.rejects(summarize(folder, 0), { name: "UserError", message });
        await Deno.remove(path);
      };
      // The device first: where it is read, the test fails without waiting for the pipe.
      await Deno.symlink("/dev/null", path);
      await refused("a device");
      await makePipe(path);
      await refused("a pipe");
    }),
);

Deno.test("a sidecar that is no file counts as none", { ignore }, () =>
  inTempDir(async (folder) => {
    await writeRun(folder);
    const path = join(folder, STEP_INDEX_NAME);
    await Deno.remove(path).catch(() => {});
    await assert.rejects(readRegular("/dev/null"), /found a device/);
    await makePipe(path);
    assert.equal((await summarize(folder, 0)).steps, 5);
  }));

Deno.test("a log that is no file has no data and is no run", { ignore }, () =>
  inTempDir(async (folder) => {
    await makePipe(join(folder, segmentName(1)));
    await assert.rejects(findRun(folder, folder), /must hold events.jsonl, found none/);
    // A log of a file and a device between whose lines the data are not changed.
    await Deno.remove(join(folder, segmentName(1)));
    await Deno.writeTextFile(join(folder, segmentName(1)), '{"type":"run","config":{"data":"/first"}}\n');
    await Deno.symlink("/dev/null", join(folder, segmentName(2)));
    await makePipe(join(folder, segmentName(3)));
    assert.deepEqual(recordedPlaces(folder), { data: "/first" });
  }));

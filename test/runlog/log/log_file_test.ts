import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { openLog } from "../../../runlog/log/log_file.ts";
import { LogWriter } from "../../../runlog/log/writer.ts";
import { runRecord, stepRecord, steps, toLines } from "./example_log.ts";
import { inTempDir } from "../../temp_dir.ts";

Deno.test("a log that is opened again goes on where it ended", () =>
  inTempDir(async (folder) => {
    const path = `${folder}/events.jsonl`;
    for (const record of [runRecord(), stepRecord(1), stepRecord(2)]) {
      const log = await openLog(path);
      log.append(record);
      await log.close();
    }
    assert.equal(await Deno.readTextFile(path), toLines([runRecord(), ...steps(1, 2)]));
  }));

Deno.test("a line that a crash cut off does not swallow the next", () =>
  inTempDir(async (folder) => {
    const path = `${folder}/events.jsonl`;
    const crashed = toLines([runRecord(), stepRecord(1)]).slice(0, -20);
    await Deno.writeTextFile(path, crashed);
    const log = await openLog(path);
    log.append(stepRecord(1));
    await log.close();
    assert.equal(await Deno.readTextFile(path), `${crashed}\n${toLines(steps(1, 1))}`);
  }));

// The device that is always full is Linux's.
if (Deno.build.os === "linux") {
  Deno.test("a device without room gives the full disk's message", async () => {
    const file = await Deno.open("/dev/full", { write: true });
    const sink = {
      write: (b: Uint8Array) => file.write(b),
      sync: () => file.sync(),
      close: () => file.close(),
    };
    const log = new LogWriter(sink, "events.jsonl");
    log.append(stepRecord(1));
    await assert.rejects(
      log.close(),
      new UserError(
        "Cannot write events.jsonl: the disk is full (ENOSPC). The last checkpoint is kept: fix this, then continue " +
          "with --resume",
      ),
    );
  });
}

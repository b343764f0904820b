import assert from "node:assert/strict";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readNamed, readNamedSync } from "../../../common/files/named_file.ts";
import { inTempDir } from "../../temp_dir.ts";

const ignore = Deno.build.os === "windows";

async function pipeIn(folder: string): Promise<string> {
  const path = join(folder, "pipe");
  assert.ok((await new Deno.Command("mkfifo", { args: [path] }).output()).success);
  return path;
}

/** Does one thing in each pause, and counts the milliseconds of all. */
function pausing(...things: (() => void)[]) {
  const waited = { ms: 0 };
  const pause = (ms: number) => {
    waited.ms += ms;
    things.shift()?.();
  };
  return { waited, pause, pauseLater: (ms: number) => Promise.resolve(pause(ms)) };
}

Deno.test("a file is read without a pause, an empty one too", () =>
  inTempDir(async (folder) => {
    const path = join(folder, "file");
    const { pause, pauseLater, waited } = pausing();
    for (const text of ["", "Grüße\n", "x".repeat(200_000)]) {
      await Deno.writeTextFile(path, text);
      assert.deepEqual(readNamedSync(path, pause), { text, is_pipe: false });
      assert.deepEqual(await readNamed(path, pauseLater), { text, is_pipe: false });
    }
    assert.equal(waited.ms, 0);
  }));

Deno.test(
  "a pipe is read to the end of its writer, who may come late and take time",
  { ignore },
  () =>
    inTempDir(async (folder) => {
      const path = await pipeIn(folder);
      const write = () => {
        let pipe = -1;
        return [
          () => {},
          () => pipe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
          () => writeSync(pipe, "one "),
          () => {},
          () => writeSync(pipe, "two"),
          () => closeSync(pipe),
        ];
      };
      const { pause } = pausing(...write());
      assert.deepEqual(readNamedSync(path, pause), { text: "one two", is_pipe: true });
      const { pauseLater } = pausing(...write());
      assert.deepEqual(await readNamed(path, pauseLater), { text: "one two", is_pipe: true });
    }),
);

Deno.test(
  "a pipe without a writer, and one whose writer is silent, are given up",
  { ignore },
  () =>
    inTempDir(async (folder) => {
      const path = await pipeIn(folder);
      const alone = pausing();
      assert.throws(
        () => readNamedSync(path, alone.pause),
        /^Error: a pipe that nothing was written to for 2 s$/,
      );
      assert.equal(alone.waited.ms, 2000);
      let pipe = -1;
      const silent = pausing(() => pipe = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
      await assert.rejects(
        readNamed(path, silent.pauseLater),
        /^Error: a pipe that nothing was written to for 10 s$/,
      );
      assert.equal(silent.waited.ms, 10_000);
      closeSync(pipe);
    }),
);

Deno.test(
  "what is neither is refused by its kind, and what is too large",
  { ignore },
  () =>
    inTempDir(async (folder) => {
      assert.throws(() => readNamedSync(folder), /^Error: a folder$/);
      assert.throws(() => readNamedSync("/dev/zero"), /^Error: a device$/);
      assert.throws(() => readNamedSync(join(folder, "none")), Deno.errors.NotFound);
      const path = join(folder, "large");
      await Deno.writeFile(path, new Uint8Array((1 << 24) + 1));
      await assert.rejects(readNamed(path), /^Error: more than 16777216 bytes$/);
    }),
);

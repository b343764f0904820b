/** `report` as a person runs it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePng } from "../../pictures/png.ts";
import { picture } from "../runlog/export/export_example.ts";
import { end, joined, runRecord, steps, toLines } from "../runlog/log/example_log.ts";
import { taskArgs } from "../e2e/child.ts";

async function report(cwd: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), { args: [...taskArgs("report"), ...args], cwd });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("one file about runs; what a person does wrong gets one line and exit code 2", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["a", "b"]) {
      const run = join(folder, "runs", name);
      await Deno.mkdir(run, { recursive: true });
      const sample = { type: "sample", step: 20, file: "picture.png" } as const;
      await Deno.writeTextFile(
        join(run, "events.jsonl"),
        toLines([runRecord({ run: name }), joined(1), ...steps(1, 20), sample, end(20)]),
      );
      await Deno.writeFile(join(run, "picture.png"), encodePng(picture(8, 6, 1, 0)));
    }
    assert.deepEqual(await report(folder, "a", "b", "--out", "x/both.html"), {
      code: 0,
      stdout: "x/both.html\n",
      stderr: "",
    });
    const page = await Deno.readTextFile(join(folder, "x/both.html"));
    const png = encodePng(picture(8, 6, 1, 0)).toBase64();
    assert.equal(page.split(png).length, 3);
    assert.match(page, /<h1>a, b<\/h1>/);
    const table: [args: string[], message: RegExp][] = [
      [[], /^Cannot report: one run or more is required, found none; give its name, or latest\n$/],
      [["a", "c"], /^Cannot find run c in runs: .*\n$/],
      [["a", "--out", "runs"], /^Cannot write runs: it must be a writable file, found .*\n$/],
    ];
    for (const [args, message] of table) {
      const { code, stdout, stderr } = await report(folder, ...args);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, message);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

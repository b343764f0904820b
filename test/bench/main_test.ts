import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lockedBy } from "../../tasks/task_command.ts";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

async function bench(...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...lockedBy(), "--allow-all", MAIN, ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("a benchmark prints its table and keeps it with hardware, versions and configuration", async () => {
  const out = await Deno.makeTempDir();
  try {
    const args = ["--quick", "--only", "update", "--only", "frames", "--rounds", "1", "--out", out];
    const { code, stdout, stderr } = await bench(...args, "--python", "no-such-python");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /PyTorch is left out: no-such-python cannot be used/);
    assert.match(stdout, /\| 4 gradients +\| +\d/);
    assert.match(stdout, /\| frame over WebSocket \/ raw TCP, round trip \| +\d/);

    const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
    assert.equal(names.length, 2);
    const text = await Deno.readTextFile(`${out}/${names[1]}`);
    const facts = [
      "Processor",
      "System",
      "Deno",
      "ONNX Runtime",
      "PyTorch: none found",
      "Configuration: 1 rounds",
    ];
    for (const fact of facts) assert.ok(text.includes(`- ${fact}`), `${fact} is in ${text}`);
    const kept = JSON.parse(await Deno.readTextFile(`${out}/${names[0]}`));
    assert.deepEqual(Object.keys(kept.samples), ["Update of the weights", "Frames"]);
    assert.equal(kept.samples["Update of the weights"]["2"].fused.length, 1);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
});

Deno.test("an unknown benchmark is refused in one line", async () => {
  const { code, stderr } = await bench("--only", "stepps");
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'Option --only must be one of gradients, devices, update, frames, steps, coordinator, far, local-steps, live, log: found "stepps" (did you mean steps?)\n',
  );
});

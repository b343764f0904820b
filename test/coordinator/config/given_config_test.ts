import assert from "node:assert/strict";
import { UserError } from "../../../common/errors.ts";
import { givenConfig } from "../../../coordinator/config/given_config.ts";

async function withFile(text: string, test: (path: string) => void | Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("the command line goes before the --config file", () =>
  withFile('{"lr": 0.001, "clip": 0.02, "exact": true}', (config) => {
    assert.deepEqual(givenConfig({ config, lr: 0.5, out: "somewhere" } as never), {
      lr: 0.5,
      clip: 0.02,
      exact: true,
    });
  }));

Deno.test("a length or a source on the command line replaces either kind in the file", () =>
  withFile('{"epochs": 3, "dataset": "strokes"}', (config) => {
    assert.deepEqual(givenConfig({ config, steps: 5 }), { steps: 5, dataset: "strokes" });
    assert.deepEqual(givenConfig({ config, data: "x" }), { epochs: 3, data: "x" });
  }));

Deno.test("an unknown key in the file is refused, with a guess", () =>
  withFile('{"n_critics": 3}', (config) => {
    assert.throws(() => givenConfig({ config }), {
      name: UserError.name,
      message: `Unknown key "n_critics" in configuration file ${config}: did you mean n_critic?`,
    });
  }));

Deno.test("a value out of range in the file is refused", () =>
  withFile('{"batch": 0}', (config) => {
    assert.throws(() => givenConfig({ config }), {
      name: UserError.name,
      message:
        `Key "batch" in configuration file ${config} must be an integer from 1 to 1048576 (examples): found 0`,
    });
  }));

Deno.test("what is no JSON is refused in one line, whatever the file holds", () =>
  withFile('{"steps":\n.1\u001b[2J}', (config) => {
    assert.throws(() => givenConfig({ config }), ({ name, message }: Error) => {
      assert.match(message, /^Cannot read configuration file .*: it must be JSON, found /);
      // deno-lint-ignore no-control-regex
      return name === UserError.name && !/[\n\x1b]/.test(message);
    });
  }));

Deno.test("two lengths are one too many", () => {
  assert.throws(() => givenConfig({ steps: 5, epochs: 1 }), {
    name: UserError.name,
    message:
      "Cannot set the length of the run: one of --steps and --epochs is required, found both; leave one out",
  });
});

Deno.test("old keys of a configuration file work and are told; the log keeps the first names", async () => {
  await withFile("", async (config) => {
    const read = async (keys: Record<string, unknown>) => {
      await Deno.writeTextFile(config, JSON.stringify(keys));
      const told: string[] = [];
      return { given: givenConfig({ config }, (line) => told.push(line)), told };
    };
    const old = await read({ stop_when_flat: true, auto_critic: false });
    assert.deepEqual(old.given, { stop_when_flat: true, auto_critic: false });
    const said = (before: string, now: string) =>
      `Key "${before}" in configuration file ${config} is now called "${now}"; the old name works until 0.3.0`;
    assert.deepEqual(old.told, [
      said("auto_critic", "adaptive_n_critic"),
      said("stop_when_flat", "early_stopping"),
    ]);
    const now = await read({ early_stopping: true, adaptive_n_critic: false });
    assert.deepEqual(now, { given: old.given, told: [] });
    await assert.rejects(read({ stop_when_flat: true, early_stopping: true }), {
      name: "UserError",
      message:
        `Cannot use configuration file ${config}: one of "stop_when_flat" and "early_stopping" is required, ` +
        'found both; leave out "stop_when_flat", the old name',
    });
    await assert.rejects(
      read({ stop_when_flat: 3 }),
      /Key "early_stopping" in .* must be true or false: found 3/,
    );
  });
});

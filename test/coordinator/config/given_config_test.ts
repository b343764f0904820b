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

Deno.test("two lengths are one too many", () => {
  assert.throws(() => givenConfig({ steps: 5, epochs: 1 }), {
    name: UserError.name,
    message:
      "Cannot set the length of the run: one of --steps and --epochs is required, found both; leave one out",
  });
});

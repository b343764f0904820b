import assert from "node:assert/strict";
import { HelpRequested, noteOnBytes, parseOptions } from "../../../common/cli/cli.ts";
import { helpText } from "../../../common/cli/help.ts";
import { UserError } from "../../../common/errors.ts";
import { checkOptions, type Command } from "../../../common/cli/options.ts";
import { RENAMED_OPTIONS } from "../../../common/cli/renamed_options.ts";
import { COORDINATOR_COMMAND, TRAIN_COMMAND } from "../../../coordinator/config/options/options.ts";
import { WORKER_COMMAND } from "../../../worker/worker_options.ts";

const OPTIONS = {
  preset: {
    kind: "choice",
    choices: ["wgan", "toy-wgan"],
    about: "Which networks",
    default_text: "by the data",
  },
  batch: {
    kind: "number",
    integer: true,
    min: 1,
    max: 4096,
    unit: "examples",
    default: 64,
    about: "Of a step",
  },
  lr: { kind: "number", min: 0, above_min: true, max: 1, about: "Learning rate" },
  clip: { kind: "number", min: 0, about: "Range of the weights" },
  offset: { kind: "number", about: "Any number" },
  n_critic: {
    kind: "number",
    integer: true,
    min: 1,
    default: 5,
    about: "Critic steps for one of the generator",
  },
  out: { kind: "string", value: "DIR", about: "Where the run goes" },
  exact: { kind: "boolean", default: true, about: "Promises bits" },
  cpu: { kind: "boolean", about: "Only the processor" },
  gpu: { kind: "string", value: "N", repeated: true, about: "Which device" },
} as const;

const COMMAND: Command<typeof OPTIONS> = {
  name: "deno task train",
  about: "Trains.",
  positionals: [{ name: "RUN", about: "A run" }],
  options: OPTIONS,
};

const parse = (line: string) => parseOptions(COMMAND, line === "" ? [] : line.split(" "));

Deno.test("without arguments there are defaults, and nothing is given", () => {
  const { values, given, positionals } = parse("");
  assert.deepEqual(values, {
    preset: undefined,
    batch: 64,
    lr: undefined,
    clip: undefined,
    offset: undefined,
    n_critic: 5,
    out: undefined,
    exact: true,
    cpu: false,
    gpu: [],
  });
  assert.deepEqual([given, positionals], [{}, []]);
});

Deno.test("what is given is told apart from defaults, in every way of writing it", () => {
  const { values, given, positionals } = parse(
    "--preset=toy-wgan latest --batch 64 --lr 5e-5 --clip .5 --offset -1.5 --n-critic 3 --no-exact --cpu --gpu 0 --gpu=1,2",
  );
  const expected = {
    preset: "toy-wgan",
    batch: 64,
    lr: 5e-5,
    clip: 0.5,
    offset: -1.5,
    n_critic: 3,
    exact: false,
    cpu: true,
    gpu: ["0", "1,2"],
  };
  assert.deepEqual(given, expected);
  assert.deepEqual(values, { ...expected, out: undefined });
  assert.deepEqual(positionals, ["latest"]);
});

Deno.test("of an option given twice the last counts, and -- ends the options", () => {
  const { values, positionals } = parse("--batch 8 --batch 16 -- --cpu");
  assert.equal(values.batch, 16);
  assert.equal(values.cpu, false);
  assert.deepEqual(positionals, ["--cpu"]);
});

Deno.test("whatever is wrong gets one line", () => {
  const table: [line: string, message: string][] = [
    ["--bacth 3", "Unknown option --bacth: did you mean --batch?"],
    ["--ncritic 3", "Unknown option --ncritic: did you mean --n-critic?"],
    ["--n_critic 3", "Unknown option --n_critic: did you mean --n-critic?"],
    ["--hlep", "Unknown option --hlep: did you mean --help?"],
    ["--teleport", "Unknown option --teleport: see deno task train --help"],
    ["-x", "Unknown option -x: see deno task train --help"],
    ["--no-batch", "Unknown option --no-batch: see deno task train --help"],
    ["one two", 'Unexpected argument "two": see deno task train --help'],
    ["--batch", "Option --batch needs a value: found the end of the line"],
    ["--batch --cpu", "Option --batch needs a value: found --cpu"],
    ["--out=", 'Option --out must be text that is not empty: found ""'],
    ["--batch 0", 'Option --batch must be an integer from 1 to 4096 (examples): found "0"'],
    ["--batch 4097", 'Option --batch must be an integer from 1 to 4096 (examples): found "4097"'],
    ["--batch 1.5", 'Option --batch must be an integer from 1 to 4096 (examples): found "1.5"'],
    ["--batch 0x10", 'Option --batch must be an integer from 1 to 4096 (examples): found "0x10"'],
    ["--batch=", 'Option --batch must be an integer from 1 to 4096 (examples): found ""'],
    ["--batch many", 'Option --batch must be an integer from 1 to 4096 (examples): found "many"'],
    ["--n-critic -1", 'Option --n-critic must be an integer of at least 1: found "-1"'],
    ["--lr 0", 'Option --lr must be a number above 0 and at most 1: found "0"'],
    ["--lr 1e999", 'Option --lr must be a number above 0 and at most 1: found "1e999"'],
    ["--lr NaN", 'Option --lr must be a number above 0 and at most 1: found "NaN"'],
    ["--clip -0.1", 'Option --clip must be a number of at least 0: found "-0.1"'],
    ["--clip Infinity", 'Option --clip must be a number of at least 0: found "Infinity"'],
    ["--preset wgna", 'Option --preset must be one of wgan, toy-wgan: found "wgna" (did you mean wgan?)'],
    ["--preset stylegan", 'Option --preset must be one of wgan, toy-wgan: found "stylegan"'],
    ["--cpu=yes", 'Option --cpu takes no value: found "yes"'],
    ["--no-exact=1", 'Option --no-exact takes no value: found "1"'],
  ];
  for (const [line, message] of table) assert.throws(() => parse(line), new UserError(message), line);
});

Deno.test("options from an object are checked by the same table", () => {
  const check = (source: unknown) => checkOptions(OPTIONS, source, "config.json");
  assert.deepEqual(check({ batch: 32, exact: false, gpu: ["1"] }), { batch: 32, exact: false, gpu: ["1"] });
  const table: [source: unknown, message: string][] = [
    [null, "Cannot use config.json: it must hold one JSON object"],
    [[1], "Cannot use config.json: it must hold one JSON object"],
    [{ bacth: 3 }, 'Unknown key "bacth" in config.json: did you mean batch?'],
    [
      { constructor: 3 },
      `Unknown key "constructor" in config.json; its keys are names of options, such as ${
        Object.keys(OPTIONS).slice(0, 3).join(", ")
      }`,
    ],
    [{ batch: "64" }, 'Key "batch" in config.json must be an integer from 1 to 4096 (examples): found "64"'],
    [{ batch: null }, 'Key "batch" in config.json must be an integer from 1 to 4096 (examples): found null'],
    [{ cpu: 1 }, 'Key "cpu" in config.json must be true or false: found 1'],
    [{ gpu: "0" }, 'Key "gpu" in config.json must be an array: found "0"'],
    [{ gpu: ["0", 1] }, 'Key "gpu" in config.json[1] must be text that is not empty: found 1'],
    [
      { preset: "wgna" },
      'Key "preset" in config.json must be one of wgan, toy-wgan: found "wgna" (did you mean wgan?)',
    ],
  ];
  for (const [source, message] of table) assert.throws(() => check(source), new UserError(message));
});

Deno.test("the help comes from the table, and asking for it beats what is wrong after it", () => {
  const help = `Trains.

Usage: deno task train [RUN] [options]

  RUN                     A run

Options:
  --preset NAME           Which networks [one of wgan, toy-wgan; default: by the
                          data]
  --batch N               Of a step [an integer from 1 to 4096 (examples);
                          default: 64]
  --lr N                  Learning rate [a number above 0 and at most 1]
  --clip N                Range of the weights [a number of at least 0]
  --offset N              Any number [a number]
  --n-critic N            Critic steps for one of the generator [an integer of
                          at least 1; default: 5]
  --out DIR               Where the run goes
  --[no-]exact            Promises bits [default: on]
  --cpu                   Only the processor
  --gpu N                 Which device [can be given several times]
  --help                  Print this help`;
  for (const line of ["--help", "-h", "--batch 8 --help --nonsense"]) {
    assert.throws(() => parse(line), new HelpRequested(help), line);
  }
});

/** Runs a main function in a process of its own. */
async function runScript(body: string) {
  const cli = new URL("../../../common/cli/cli.ts", import.meta.url).href;
  const errors = new URL("../../../common/errors.ts", import.meta.url).href;
  const script = `import { HelpRequested, runMain } from ${JSON.stringify(cli)};
    import { UserError } from ${JSON.stringify(errors)};
    await runMain(async (args) => { ${body} });`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const args = ["run", "--no-config", "--no-lock", "--allow-read", `${folder}/main.ts`];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } })
      .output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a main function ends with the right code and text", async () => {
  const good = `console.log("done");`;
  assert.deepEqual(await runScript(good), { code: 0, stdout: "done\n", stderr: "" });
  assert.deepEqual(await runScript("return 3;"), { code: 3, stdout: "", stderr: "" });
  const wrong = `throw new UserError("Cannot do it: try another way");`;
  assert.deepEqual(await runScript(wrong), {
    code: 2,
    stdout: "",
    stderr: "Cannot do it: try another way\n",
  });
  const quoting = `throw new UserError("Cannot read a\\nError: forged\\r\\x1b[31m");`;
  assert.equal((await runScript(quoting)).stderr, "Cannot read a\ufffdError: forged\ufffd\ufffd[31m\n");
  const help = `throw new HelpRequested("the help");`;
  assert.deepEqual(await runScript(help), { code: 0, stdout: "the help\n", stderr: "" });
  const refused = await runScript(`await Deno.readTextFile(import.meta.filename + "/x");`);
  assert.deepEqual([refused.code, refused.stderr.includes("\n    at ")], [2, false], refused.stderr);
  assert.match(
    refused.stderr,
    /^Cannot continue: the system refused an operation, found Not a directory \(os error 20\)(: .*)?\n$/,
  );
  const mistake = await runScript(`throw new TypeError("oops");`);
  assert.equal(mistake.code, 1);
  assert.match(mistake.stderr, /^TypeError: oops\n {4}at .*main\.ts/);
  assert.match(
    mistake.stderr,
    /\nThis is a fault in wagon\. Please report it with the lines above\.\n$/,
  );
});

Deno.test({
  name: "an argument with bytes that are not UTF-8 is named where what it names is not found",
  ignore: Deno.build.os === "windows",
  async fn() {
    const url = new URL("../../../inspect/main.ts", import.meta.url).pathname;
    const script = `exec "$0" run --quiet --allow-read --allow-env "$1" "$(printf 'r\\374n')"`;
    const args = ["-c", script, Deno.execPath(), url];
    const { code, stderr } = await new Deno.Command("sh", { args, env: { NO_COLOR: "1" } }).output();
    assert.equal(code, 2);
    assert.match(
      new TextDecoder().decode(stderr),
      /^Cannot .*; the argument "r\ufffdn" may have bytes that are not UTF-8: rename what it names\n$/,
    );
    assert.equal(noteOnBytes(["--data", "rün"]), "");
  },
});

Deno.test("the table of a choice stands below it in aligned columns, and its last column wraps", () => {
  const table = [["a", "MLP", "one two three four five six seven eight nine ten eleven twelve"], [
    "bcd",
    "x",
    "y",
  ]];
  const preset = { kind: "choice", choices: ["a", "bcd"], about: "Which", default_text: "a", table } as const;
  const text = helpText({ name: "train", about: "Trains.", options: { preset } }, 60);
  assert.deepEqual(text.split("\n").slice(5, 9), [
    "  --preset NAME           Which [default: a]",
    "    a    MLP  one two three four five six seven eight nine",
    "              ten eleven twelve",
    "    bcd  x    y",
  ]);
});

Deno.test("an option's old name works, and its new name is told", () => {
  const options = {
    early_stopping: { kind: "boolean", about: "Ends a run" },
    devices: { kind: "string", about: "Which" },
  } as const;
  const told: string[] = [];
  const given = (...args: string[]) =>
    parseOptions({ name: "x", about: "X.", options }, args, (line) => told.push(line)).given;
  assert.deepEqual(given("--stop-when-flat", "--doctor", "a b"), { early_stopping: true, devices: "a b" });
  assert.deepEqual(given("--no-stop-when-flat"), { early_stopping: false });
  assert.deepEqual(told, [
    "--stop-when-flat is now called --early-stopping; the old name works until 0.3.0",
    "--doctor is now called --devices; the old name works until 0.3.0",
    "--no-stop-when-flat is now called --no-early-stopping; the old name works until 0.3.0",
  ]);
  told.length = 0;
  assert.deepEqual(given("--no-early-stopping", "--devices=3"), { early_stopping: false, devices: "3" });
  assert.deepEqual(told, []);
  // Of another command nothing is known under that name.
  assert.throws(() => parse("--doctor"), /^UserError: Unknown option --doctor: see /);
});

Deno.test("no old name is an option's name, and each leads to one that a command has", () => {
  const tables = [TRAIN_COMMAND, COORDINATOR_COMMAND, WORKER_COMMAND].map(({ options }) => options);
  for (const [old, { now }] of Object.entries(RENAMED_OPTIONS)) {
    assert.ok(tables.some((table) => Object.hasOwn(table, now)), now);
    assert.ok(!tables.some((table) => Object.hasOwn(table, old)), old);
  }
});

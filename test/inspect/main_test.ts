/** `inspect` as a person runs it: a process, its exit code, and what it prints where. */
import assert from "node:assert/strict";
import type { RunRecord } from "../../runlog/records.ts";
import type { Summary } from "../../runlog/summary/summary.ts";
import { checkpoint, end, joined, runRecord, SHA, steps, toLines } from "../runlog/log/example_log.ts";

const MAIN = new URL("../../inspect/main.ts", import.meta.url).pathname;

async function inspect(cwd: string, ...args: string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-env", MAIN, ...args],
    cwd,
    env: { LANG: "C.UTF-8" },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function writeRun(folder: string, created: string, records: readonly RunRecord[]): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const run = runRecord({ run: folder.split("/").at(-1)!, created });
  await Deno.writeTextFile(`${folder}/events.jsonl`, toLines([run, ...records]));
}

/** A folder with runs/, where the names are not in the order of time, and runs/ holds more than runs. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const records = [joined(1), joined(2), ...steps(1, 20), checkpoint(20), end(20)];
    await writeRun(`${folder}/runs/b-first`, "2026-01-01T00:00:00.000Z", records);
    await writeRun(`${folder}/runs/a-second`, "2026-01-02T00:00:00.000Z", [...steps(1, 3)]);
    await Deno.mkdir(`${folder}/runs/empty`);
    await Deno.writeTextFile(`${folder}/runs/notes.txt`, "not a run");
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("without an argument it lists the runs, the newest last", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await inspect(folder);
    assert.deepEqual([code, stderr], [0, ""]);
    const names = stdout.split("\n").map((line) => line.split(" ")[0]);
    assert.deepEqual(names.slice(0, 3), ["RUN", "b-first", "a-second"]);
    assert.match(stdout, /\nDetails of one: deno task inspect a-second\n$/);
    const elsewhere = await inspect("/", "--runs", `${folder}/runs`);
    assert.ok(elsewhere.stdout.endsWith(`\nDetails of one: deno task inspect ${folder}/runs/a-second\n`));
    const last = await inspect(folder, "--last", "1");
    assert.match(last.stdout, /^RUN .*\na-second .*\n\n1 older run not shown: deno task inspect --last 2\n/);
  }));

Deno.test("a run whose record lacks a field, or whose log cannot be read at all, hides no other", () =>
  inFolder(async (folder) => {
    const { created: _created, ...lacking } = runRecord();
    const { held_out: _held_out, ...data } = lacking.data;
    await Deno.mkdir(`${folder}/runs/c-lacking`);
    await Deno.writeTextFile(`${folder}/runs/c-lacking/events.jsonl`, JSON.stringify(lacking) + "\n");
    await Deno.mkdir(`${folder}/runs/d-lacking`);
    const run = { ...runRecord(), data };
    await Deno.writeTextFile(
      `${folder}/runs/d-lacking/events.jsonl`,
      toLines([run as never, ...steps(1, 3)]),
    );
    await Deno.mkdir(`${folder}/runs/e-blocked`);
    await Deno.writeTextFile(`${folder}/runs/e-blocked/events.jsonl`, toLines([runRecord(), ...steps(1, 3)]));
    await Deno.mkdir(`${folder}/runs/e-blocked/events.0002.jsonl`);
    const { code, stdout, stderr } = await inspect(folder);
    assert.deepEqual([code, stderr], [0, ""]);
    const states = stdout.split("\n").slice(1, 6).map((line) => line.split(/ +/).slice(0, 2).join(" "))
      .sort();
    assert.deepEqual(states, [
      "a-second running",
      "b-first finished",
      "c-lacking unreadable",
      "d-lacking unreadable",
      "e-blocked unreadable",
    ]);
    const said = stdout.replaceAll(/\s+/g, " ");
    assert.match(
      said,
      /c-lacking\/events.jsonl: its run record must be complete, found field created missing or of another/,
    );
    assert.match(
      said,
      /d-lacking\/events.jsonl: its run record must be complete, found field data\.held_out missing/,
    );
    const one = await inspect(folder, "d-lacking");
    assert.equal(one.code, 2);
    assert.match(
      one.stderr,
      /^Cannot read runs\/d-lacking\/events.jsonl: its run record must be complete, .*\n$/,
    );
  }));

Deno.test("--json prints one object and nothing else", () =>
  inFolder(async (folder) => {
    const { code, stdout, stderr } = await inspect(folder, "b-first", "--json");
    assert.deepEqual([code, stderr], [0, ""]);
    const summary = JSON.parse(stdout) as Summary & { folder: string };
    const { run, state, steps, generator_steps, epoch, weights_sha256, bits, numeric_classes } = summary;
    assert.deepEqual(
      { run, state, steps, generator_steps, epoch, weights_sha256, bits, numeric_classes },
      {
        run: "b-first",
        state: "finished",
        steps: 20,
        generator_steps: 4,
        epoch: 1,
        weights_sha256: SHA,
        bits: "exact",
        numeric_classes: ["c1"],
      },
    );
    assert.equal(summary.folder, "runs/b-first");
    assert.deepEqual([summary.examples_used, summary.images_per_second, summary.seconds], [160, 800, 1.5]);
    assert.deepEqual([summary.loss_generator, summary.config.batch], [-12.5, 8]);
    assert.deepEqual(summary.workers.map((worker) => worker.shards_computed), [40, 40]);
    const list = JSON.parse((await inspect(folder, "--json")).stdout) as { runs: { name: string }[] };
    assert.deepEqual(list.runs.map(({ name }) => name), ["b-first", "a-second"]);
  }));

Deno.test("a run is found by its name, its path, and as the latest; output that is no terminal has no colours", () =>
  inFolder(async (folder) => {
    const by_name = await inspect(folder, "a-second");
    assert.equal(by_name.code, 0);
    assert.match(by_name.stdout, /^a-second {2}running\n/);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(by_name.stdout, /\x1b/);
    for (const way of ["latest", "runs/a-second", "runs/a-second/", `${folder}/runs/a-second`]) {
      const { stdout } = await inspect(folder, way);
      assert.match(stdout, /^a-second {2}running\n/, way);
    }
    const elsewhere = await inspect("/", "--runs", `${folder}/runs`, "latest");
    assert.match(elsewhere.stdout, /^a-second {2}running\n/);
  }));

Deno.test("a run that is over is followed to its end at once; runs are compared, for programs, too", () =>
  inFolder(async (folder) => {
    const { code, stdout } = await inspect(folder, "b-first", "--follow");
    assert.deepEqual([code, stdout], [
      0,
      "finished: 20 of 30 steps, estimate 0.105, losses -0.105 and -12.5, 800 images/s, All steps are done\n",
    ]);
    const compared = await inspect(folder, "compare", "b-first", "latest");
    assert.match(compared.stdout, /^RUN .*\nb-first .*\na-second .*\n/);
    const { differences, runs } = JSON.parse(
      (await inspect(folder, "compare", "b-first", "latest", "--json")).stdout,
    );
    assert.deepEqual(differences, {});
    assert.deepEqual(runs.map(({ run, findings }: { run: string; findings: unknown[] }) => [run, findings]), [
      ["b-first", []],
      ["a-second", []],
    ]);
  }));

Deno.test("a folder without runs is no mistake", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code, stdout } = await inspect(folder);
    assert.deepEqual([code, stdout], [0, "No runs in runs yet. This makes the first: deno task train\n"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what a person does wrong gets one line and exit code 2", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/runs/future`);
    const future = JSON.stringify({ type: "run", format: 3, versions: { wagon: "3.1.0" } });
    await Deno.writeTextFile(`${folder}/runs/future/events.jsonl`, future + "\n");
    const table: [args: string[], message: string][] = [
      [["--jsno"], "Unknown option --jsno: did you mean --json?"],
      [["a", "b"], 'Unexpected argument "b": see deno task inspect --help'],
      [["--follow"], "Option --follow needs a run: name one, or latest"],
      [["--config"], "Option --config needs a run: name one, or latest"],
      [["compare", "b-first"], "Cannot compare: two runs or more are required, found 1; name them"],
      [
        ["compare", "b-first", "x"],
        "Cannot find run x in runs: the newest is future; deno task inspect lists all",
      ],
      [["--last", "0"], 'Option --last must be an integer of at least 1 (runs): found "0"'],
      [["b-frist"], "Cannot find run b-frist in runs: did you mean b-first?"],
      [["x"], "Cannot find run x in runs: the newest is future; deno task inspect lists all"],
      [["x", "--runs", "none"], "Cannot find run x: there are no runs in none"],
      [["latest", "--runs", "none"], "Cannot find run latest: there are no runs in none"],
      [["--runs", "runs/notes.txt"], "Cannot list runs/notes.txt: it is not a folder"],
      [["runs/empty"], "Cannot read run runs/empty: a run folder must hold events.jsonl, found none"],
      [["runs/notes.txt"], "Cannot read run runs/notes.txt: a run folder must hold events.jsonl, found none"],
      [
        ["future", "--json"],
        "Cannot read runs/future/events.jsonl: this version of wagon reads run formats 1 and 2, and the folder is of run " +
        "format 3: use the version that wrote it (wagon 3.1.0)",
      ],
    ];
    const found = await Promise.all(table.map(([args]) => inspect(folder, ...args)));
    table.forEach(([args, message], i) => {
      assert.deepEqual(found[i], { code: 2, stdout: "", stderr: message + "\n" }, args.join(" "));
    });
  }));

Deno.test("a run that cannot be read does not hide the others", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/runs/broken`);
    await Deno.writeTextFile(`${folder}/runs/broken/events.jsonl`, "garbage\n");
    const { code, stdout } = await inspect(folder);
    assert.equal(code, 0);
    assert.match(stdout, /\nbroken +unreadable /);
    assert.match(stdout, /\nb-first +finished /);
    assert.match(
      stdout,
      /\nCannot read runs\/broken\/events\.jsonl: it must begin with a run record, found none\n/,
    );
  }));

Deno.test("a run folder of somebody else's moves no cursor and forges no line", () =>
  inFolder(async (folder) => {
    const evil = "x\x1b]52;c;eA==\x07\x1b[31m\nResult: \u202eall is well";
    const records: RunRecord[] = [
      { ...joined(1), name: evil, device: evil, platform: evil } as RunRecord,
      ...steps(1, 20),
      { type: "fault", step: 3, what: evil, worker: 1, decision: evil, reason: evil },
      { type: "worker_left", worker: 1, reason: evil, shards_computed: 1, time: "2026-01-01T00:00:00.000Z" },
      { ...end(20), reason: "failed", detail: evil } as RunRecord,
    ];
    await writeRun(`${folder}/runs/evil\x1b[32m\u202e`, "2026-01-03T00:00:00.000Z", records);
    await writeRun(`${folder}/runs/mine\nResult: well`, "2026-01-04T00:00:00.000Z", steps(1, 2));
    const { stderr } = await inspect(folder, "mine Result: wel");
    assert.equal(stderr, "Cannot find run mine Result: wel in runs: did you mean mine\ufffdResult: well?\n");
    await Deno.remove(`${folder}/runs/mine\nResult: well`, { recursive: true });
    for (const args of [[], ["latest"], ["latest", "--follow"], ["compare", "latest", "b-first"]]) {
      const { code, stdout, stderr } = await inspect(folder, ...args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /evil|all is well/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/, args.join(" "));
      assert.doesNotMatch(stdout, /^Result: /m);
    }
  }));

Deno.test("--help names every option", async () => {
  const { code, stdout } = await inspect("/", "--help");
  assert.equal(code, 0);
  for (
    const option of ["--json", "--runs DIR", "--last N", "--follow", "--every N", "compare", "--help", "RUN"]
  ) {
    assert.ok(stdout.includes(option), option);
  }
});

Deno.test("the best and the last grid: named with their paths, and the best for a program, too", () =>
  inFolder(async (folder) => {
    const looks = [[0, 0.5], [10, 0.1], [20, 0.2]].flatMap(([step, sliced_wasserstein]): RunRecord[] => [
      { type: "sample", step: step!, file: `samples/${step}.png` },
      { type: "evaluation", step: step!, sliced_wasserstein: sliced_wasserstein! },
    ]);
    await writeRun(`${folder}/runs/looked`, "2026-01-03T00:00:00.000Z", [...steps(1, 20), ...looks, end(20)]);
    await Deno.mkdir(`${folder}/runs/looked/samples`);
    for (const step of [0, 10, 20]) await Deno.writeTextFile(`${folder}/runs/looked/samples/${step}.png`, "");
    const { stdout } = await inspect(folder, "looked");
    assert.match(
      stdout,
      /samples\/10\.png {2}samples at step 10, the closest to the data among those measured \(0\.1\)\n/,
    );
    assert.match(stdout, /samples\/20\.png {2}samples at step 20, the last\n/);
    const { best_sample } = JSON.parse((await inspect(folder, "looked", "--json")).stdout);
    assert.deepEqual(best_sample, { step: 10, file: "samples/10.png", sliced_wasserstein: 0.1 });
  }));

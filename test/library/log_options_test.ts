/** The log of a program's run, where the program wants it: to a function, to TensorBoard, over HTTP. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { coordinate } from "../../library/coordinate.ts";
import { train } from "../../library/train.ts";
import { readSummary } from "../../library/run_log.ts";
import type { RunRecord } from "../../runlog/records.ts";
import { inTempDir } from "../temp_dir.ts";
import { FEW_POINTS } from "./few_points.ts";

const SHORT = { data: FEW_POINTS, preset: "toy-wgan", steps: 6, batch: 16 } as const;

/** A server that keeps what is posted to it. */
function receiver(status = 204) {
  const lines: string[] = [], tokens = new Set<string | null>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    lines.push(...(await request.text()).trimEnd().split("\n"));
    tokens.add(request.headers.get("authorization"));
    return new Response(null, { status });
  });
  return { url: `http://127.0.0.1:${server.addr.port}/`, lines, tokens, stop: () => server.shutdown() };
}

Deno.test("a run without a folder has name and note, and its log goes wherever it is wanted, to the same bits", () =>
  inTempDir(async (folder) => {
    const records: RunRecord[] = [], warnings: string[] = [];
    const { url, lines, tokens, stop } = receiver();
    const { sha256 } = await train({
      ...SHORT,
      name: "first",
      note: "to see it",
      onRecord: (record) => void records.push(record),
      onWarning: (line) => void warnings.push(line),
      tensorboard: folder,
      log_url: url,
      log_token: "secret",
    }).finally(stop);
    const [run] = records;
    assert.ok(run?.type === "run");
    assert.deepEqual([run.name, run.note], ["first", "to see it"]);
    assert.deepEqual(
      records.flatMap((record) => record.type === "step" ? [record.step] : []),
      [1, 2, 3, 4, 5, 6],
    );
    assert.equal(records.at(-1)?.type, "end");
    assert.deepEqual(lines, records.map((record) => JSON.stringify(record)));
    assert.deepEqual([...tokens], ["Bearer secret"]);
    assert.deepEqual(warnings, []);
    const [{ name }, ...others] = [...Deno.readDirSync(folder)] as [Deno.DirEntry];
    assert.match(name, /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_toy-wgan_first$/);
    assert.deepEqual(others, []);
    const [events] = [...Deno.readDirSync(join(folder, name))];
    const text = new TextDecoder("latin1").decode(await Deno.readFile(join(folder, name, events!.name)));
    assert.match(text, /brain\.Event:2.*loss\/critic/s);
    assert.equal(sha256, (await train(SHORT)).sha256);
  }));

Deno.test("a folder keeps name and note; a resumed run tells of both starts, with its new note", () =>
  inTempDir(async (folder) => {
    const out = join(folder, "run");
    await train({ ...SHORT, out, name: "first", note: "to see it" });
    const summary = await readSummary(out);
    assert.deepEqual([summary.name, summary.note], ["first", "to see it"]);
    const told: string[] = [];
    const onRecord = (record: RunRecord) =>
      void told.push(
        record.type === "run" || record.type === "resume" ? `${record.type} ${record.note}` : record.type,
      );
    await train({ resume: out, data: FEW_POINTS, steps: 8, note: "longer", onRecord });
    assert.deepEqual(told.slice(0, 2), ["run longer", "resume longer"]);
    assert.equal(told.filter((type) => type === "step").length, 2);
  }));

Deno.test("coordinate hands its records over, too", () =>
  inTempDir(async (folder) => {
    const types = new Set<string>();
    const onRecord = ({ type }: RunRecord) => void types.add(type);
    await coordinate({ ...SHORT, out: join(folder, "run"), port: 0, workers: 1, onRecord });
    assert.ok(["run", "step", "checkpoint", "end"].every((type) => types.has(type)), [...types].join());
  }));

Deno.test("what onRecord throws stops the run at that step, and reaches the caller", async () => {
  const error = new RangeError("enough");
  const seen: string[] = [];
  const onRecord = (record: RunRecord) => {
    seen.push(record.type);
    if (record.type === "step" && record.step === 3) throw error;
  };
  await assert.rejects(train({ ...SHORT, onRecord }), (thrown) => thrown === error);
  assert.equal(seen.filter((type) => type === "step").length, 3);
  assert.equal(seen.at(-1), "step");
});

Deno.test("what onRecord throws at the last record reaches the caller", async () => {
  const error = new RangeError("at the end");
  const onRecord = ({ type }: RunRecord) => {
    if (type === "end") throw error;
  };
  await assert.rejects(train({ ...SHORT, onRecord }), (thrown) => thrown === error);
});

Deno.test("an address that refuses the log is a warning, and the run goes on", async () => {
  const { url, stop } = receiver(400);
  const warnings: string[] = [];
  const { finished } = await train({
    ...SHORT,
    log_url: url,
    onWarning: (line) => void warnings.push(line),
  }).finally(stop);
  assert.ok(finished);
  assert.match(
    warnings[0]!,
    /^Cannot deliver the log to 127\.0\.0\.1:\d+, found status 400: nothing more is sent/,
  );
});

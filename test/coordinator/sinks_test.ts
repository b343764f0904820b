/** What a coordinator writes and sends on the way, besides its log. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RunRecord } from "../../runlog/records.ts";
import { readRun } from "../../runlog/log/reader.ts";
import { tinyImages } from "../e2e/images.ts";
import { inTempDir } from "../temp_dir.ts";
import { CoordinatorScene } from "./coordinator_scene.ts";
import { CountingWorker } from "./counting_worker.ts";

/** Runs a coordinator to its end with one worker, and what it sends. */
async function sent(line: string): Promise<{ records: RunRecord[]; scene: CoordinatorScene }> {
  const scene = new CoordinatorScene();
  const records: RunRecord[] = [];
  scene.answer = (_url, { body }) => {
    for (const text of (body as string).trimEnd().split("\n")) records.push(JSON.parse(text) as RunRecord);
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const ending = scene.run(line);
  await Promise.race([scene.opened, ending]);
  await CountingWorker.join(scene, "first");
  assert.equal((await ending).error, null);
  return { records, scene };
}

async function recordsOf(run: string): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const record of readRun(run)) records.push(record);
  return records;
}

Deno.test("--log-url gets the log, --tensorboard a folder of the run's name, with a file for each start", () =>
  inTempDir(async (folder) => {
    const [data, run, events] = ["images-idx3-ubyte", "my-run", "events"].map((name) => join(folder, name));
    await Deno.writeFile(data!, tinyImages());
    const ask = `--log-url http://logs.example/ --tensorboard ${events} --steps`;
    const small = "--preset strokes --n-critic 2 --sample-every 0 --name mine --note why";
    const first = await sent(`coordinator --data ${data} --out ${run} ${small} ${ask} 5`);
    const log = await recordsOf(run!);
    assert.deepEqual(first.records, log);
    assert.deepEqual(log.flatMap((r) => r.type === "run" ? [[r.name, r.note]] : []), [["mine", "why"]]);

    const second = await sent(`coordinator --resume ${run} --note because ${ask} 8`);
    const later = (await recordsOf(run!)).slice(log.length);
    const [about, ...rest] = second.records;
    assert.deepEqual(rest, later);
    assert.ok(about?.type === "run" && about.note === "because" && about.config.steps === 8);
    assert.ok(later[0]!.type === "resume" && later[0].note === "because");
    for (const { scene } of [first, second]) {
      assert.equal(scene.clock.num_timers, 0);
      assert.doesNotMatch(scene.said, /Cannot/);
    }
    const files = Array.from(Deno.readDirSync(join(events!, "my-run")), ({ name }) => name).sort();
    assert.deepEqual(files.map((name) => name.replace(/[0-9a-f-]{36}/, "RUN")), [
      ...["events.out.tfevents.0.RUN.0", "events.out.tfevents.0.RUN.1"],
    ]);
    const text = (name: string) =>
      new TextDecoder("latin1").decode(Deno.readFileSync(join(events!, "my-run", name)));
    assert.match(text(files[0]!), /wasserstein_estimate\/training[^]*samples\/grid/);
    assert.match(text(files[1]!), /wasserstein_estimate\/training[^]*samples\/grid/);
  }));

Deno.test("where the log cannot be delivered the run ends as ever, and says so", () =>
  inTempDir(async (folder) => {
    const data = join(folder, "images-idx3-ubyte");
    await Deno.writeFile(data, tinyImages());
    const scene = new CoordinatorScene();
    const line = `--data ${data} --out ${join(folder, "run")} --preset strokes --sample-every 0 --steps 3`;
    const ending = scene.run(`coordinator ${line} --log-url http://logs.example/x?key=secret`);
    await scene.opened;
    await CountingWorker.join(scene, "first");
    await scene.clock.advance(0);
    while (!/Cannot deliver/.test(scene.said)) await scene.clock.advance(1000);
    for (let i = 0; i < 12; i++) await scene.clock.advance(1000);
    assert.equal((await ending).record.reason, "finished");
    assert.match(scene.said, /Cannot deliver the log to logs\.example, found [^\n]*refused: trying again/);
    assert.match(scene.said, /records of the log did not reach logs\.example/);
    assert.doesNotMatch(scene.said, /secret/);
  }));

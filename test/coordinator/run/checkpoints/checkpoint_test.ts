import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../../../../common/errors.ts";
import {
  type BadCheckpoint,
  checkRunRecord,
  loadNewest,
  writeCheckpoint,
} from "../../../../coordinator/run/checkpoints/checkpoint.ts";
import { encodeInfo } from "../../../../coordinator/run/checkpoints/checkpoint_info.ts";
import type { ModelState } from "../../../../coordinator/training/model_state.ts";
import { type Optimizer, RMSPROP } from "../../../../algorithm/optimizers.ts";
import { buildLayout } from "../../../../models/layout.ts";
import { MemoryDisk } from "../memory_disk.ts";
import { contents, MANIFEST, stateAt } from "../../training/small_state.ts";

const ADAM: Optimizer = { kind: "adam", beta1: 0.5, beta2: 0.999, eps: 1e-8 };
const RECORD = "5a".repeat(32);
const ABOUT = { run: "run-1", run_record_sha256: RECORD, numeric_classes: ["abc"], seconds: 1.5 };

async function load(
  disk: MemoryDisk,
  passed_over: { file: string; reason: string }[] = [],
  optimizer: Optimizer = RMSPROP,
  ema_half_life = 0,
): Promise<ModelState> {
  const state = stateAt(0, optimizer, ema_half_life);
  await loadNewest("c", "run-1", state, MANIFEST, passed_over, disk);
  return state;
}

for (const optimizer of [RMSPROP, ADAM]) {
  const name = `a checkpoint brings back every buffer, the counters and the checksums (${optimizer.kind})`;
  Deno.test(name, async () => {
    const disk = new MemoryDisk();
    await writeCheckpoint("c", stateAt(12, optimizer), MANIFEST, ABOUT, disk);
    assert.deepEqual(contents(await load(disk, [], optimizer)), contents(stateAt(12, optimizer)));
  });
}

Deno.test("a checkpoint brings back the averaged generator, and one without it is passed over", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(12, RMSPROP, 100), MANIFEST, ABOUT, disk);
  const found = await load(disk, [], RMSPROP, 100);
  assert.equal(found.averaged!.parameters.length, 5);
  assert.deepEqual(contents(found), contents(stateAt(12, RMSPROP, 100)));

  await writeCheckpoint("c", stateAt(15), MANIFEST, ABOUT, disk);
  const passed_over: BadCheckpoint[] = [];
  assert.equal((await load(disk, passed_over, RMSPROP, 100)).step, 12);
  const reason = "tensor averaged.generator.0.weight must have 5 float32 values";
  assert.deepEqual(passed_over, [{ file: "step-000000015.json", reason }]);
});

Deno.test("a checkpoint of another optimizer is passed over, naming the tensor that it lacks", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(12), MANIFEST, ABOUT, disk);
  const passed_over: { file: string; reason: string }[] = [];
  await load(disk, passed_over, ADAM);
  const reason = "tensor adam.average.critic.0.weight must have 6 float32 values";
  assert.deepEqual(passed_over, [{ file: "step-000000012.json", reason }]);
});

Deno.test("beside the newest three, those of some steps stay as long as they are asked for", async () => {
  const disk = new MemoryDisk();
  const write = (step: number, ...kept: number[]) =>
    writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk, new Set(kept));
  const steps = () => [...disk.files.keys()].flatMap((name) => /step-0*(\d+)\.json$/.exec(name)?.[1] ?? []);
  for (const step of [1, 2, 3, 4, 5]) await write(step, 1);
  assert.deepEqual(steps(), ["1", "3", "4", "5"]);
  await write(6);
  assert.deepEqual(steps(), ["4", "5", "6"]);
});

Deno.test("the newest three are kept, and the newest is loaded", async () => {
  const disk = new MemoryDisk();
  for (const step of [5, 10, 15, 20, 25]) await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk);
  assert.deepEqual((await disk.list()).sort(), [
    "step-000000015.json",
    "step-000000015.safetensors",
    "step-000000020.json",
    "step-000000020.safetensors",
    "step-000000025.json",
    "step-000000025.safetensors",
  ]);
  assert.equal((await load(disk)).step, 25);
});

Deno.test("a damaged checkpoint is passed over for the one before, and says why", async () => {
  const disk = new MemoryDisk();
  for (const step of [5, 10]) await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk);
  const path = join("c", "step-000000010.safetensors");
  const bytes = disk.files.get(path)!.slice();
  bytes[bytes.length - 1]! ^= 1;
  disk.files.set(path, bytes);
  const passed_over: { file: string; reason: string }[] = [];
  assert.deepEqual(contents(await load(disk, passed_over)), contents(stateAt(5)));
  assert.equal(passed_over.length, 1);
  assert.match(passed_over[0]!.reason, /^its SHA-256 must be [0-9a-f]{64}, found [0-9a-f]{64}$/);
});

Deno.test("another run's checkpoint does not count", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(5), MANIFEST, { ...ABOUT, run: "run-2" }, disk);
  const passed_over: { file: string; reason: string }[] = [];
  assert.equal(await loadNewest("c", "run-1", stateAt(0), MANIFEST, passed_over, disk), null);
  assert.deepEqual(passed_over, [{ file: "step-000000005.json", reason: 'it belongs to run "run-2"' }]);
});

const jsonOf = (step: number) => join("c", `step-${String(step).padStart(9, "0")}.json`);

/** The JSON of the checkpoint of step 10 rewritten; what is loaded then, with one of step 5 behind it. */
async function loadChanged(change: (text: string) => string) {
  const disk = new MemoryDisk();
  for (const step of [5, 10]) await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk);
  const text = new TextDecoder().decode(disk.files.get(jsonOf(10)));
  disk.files.set(jsonOf(10), new TextEncoder().encode(change(text)));
  const passed_over: { file: string; reason: string }[] = [];
  return { state: await load(disk, passed_over), reasons: passed_over.map(({ reason }) => reason) };
}

Deno.test("a checkpoint whose JSON was changed in any field is passed over for the one before", async () => {
  const changes: [field: string, value: unknown][] = [
    ["step", 150],
    ["step", -5],
    ["step", "x"],
    ["step", 1e300],
    ["generator_step", 1],
    ["run_record_sha256", null],
    ["steering", null],
    ["steering", { pace: { times: 2 } }],
    ["numeric_classes", ["abc", "def"]],
    ["numeric_classes", "abc"],
    ["seconds", 1e308],
    ["file", "../../etc/passwd"],
    ["file", "step-000000005.safetensors"],
    ["bytes", 1],
    ["format", 1],
    ["format", 3],
    ["info_sha256", undefined],
    ["more", 1],
  ];
  for (const [field, value] of changes) {
    const { state, reasons } = await loadChanged((text) =>
      JSON.stringify({ ...JSON.parse(text), [field]: value })
    );
    assert.deepEqual(contents(state), contents(stateAt(5)), `${field}: ${value}`);
    assert.match(reasons.join(), /^Field checkpoint\./, `${field}: ${value}`);
  }
  // One that says that it is old, and leaves the hash out, is given the lie by its tensors.
  const { state, reasons } = await loadChanged((text) =>
    JSON.stringify({ ...JSON.parse(text), format: 1, info_sha256: undefined, generator_step: 1 })
  );
  assert.deepEqual(contents(state), contents(stateAt(5)));
  assert.deepEqual(reasons, ['its tensors must be of version undefined, found "2"']);
});

Deno.test("a bit flipped anywhere in a checkpoint's JSON changes nothing of what is loaded, or has it passed over", async () => {
  const disk = new MemoryDisk();
  const written: unknown[] = [];
  for (const step of [5, 10]) written.push(await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk));
  const whole = disk.files.get(jsonOf(10))!;
  const state = stateAt(0);
  let num_passed = 0;
  for (let bit = 0; bit < 8 * whole.length; bit += 5) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    disk.files.set(jsonOf(10), bytes);
    const passed_over: { file: string; reason: string }[] = [];
    const info = await loadNewest("c", "run-1", state, MANIFEST, passed_over, disk);
    num_passed += passed_over.length;
    const is_newest = passed_over.length === 0;
    assert.deepEqual(info, written[is_newest ? 1 : 0], `bit ${bit}`);
    assert.deepEqual(contents(state), contents(stateAt(is_newest ? 10 : 5)), `bit ${bit}`);
  }
  // What is left are blanks that became other blanks.
  assert.ok(num_passed > 0.9 * 8 / 5 * whole.length, `${num_passed}`);
});

Deno.test("a checkpoint that lacks a tensor leaves nothing of itself behind", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(5), MANIFEST, ABOUT, disk);
  const statistics = buildLayout([{ name: "generator.9.running_mean", shape: [3] }]);
  const manifest = { ...MANIFEST, layouts: { ...MANIFEST.layouts, statistics } };
  const state = stateAt(0);
  const passed_over: BadCheckpoint[] = [];
  assert.equal(await loadNewest("c", "run-1", state, manifest, passed_over, disk), null);
  assert.deepEqual(contents(state), contents(stateAt(0)));
  assert.match(passed_over[0]!.reason, /^tensor generator\.9\.running_mean must have /);
});

Deno.test("checkpoints that a resume passed over do not cost those that the run makes then", async () => {
  const disk = new MemoryDisk();
  for (const step of [100, 200, 300]) {
    await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk);
    disk.files.set(jsonOf(step), Uint8Array.of(0));
  }
  for (const step of [10, 20, 30, 40]) await writeCheckpoint("c", stateAt(step), MANIFEST, ABOUT, disk);
  assert.equal((await load(disk)).step, 40);
  const kept = (await disk.list()).filter((name) => name.endsWith(".json")).sort();
  assert.deepEqual(kept, [20, 30, 40, 100, 200, 300].map((step) => jsonOf(step).slice(2)));
});

Deno.test("a folder without checkpoints has none", async () => {
  const disk = new MemoryDisk();
  disk.list = () => Promise.reject(new Deno.errors.NotFound("no such folder"));
  assert.equal(await loadNewest("c", "run-1", stateAt(0), MANIFEST, [], disk), null);
});

Deno.test("a run record that is not the one a checkpoint was made under is refused, by the newest that can tell", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(5), MANIFEST, ABOUT, disk);
  await checkRunRecord("c", "run-1", RECORD, disk);
  await writeCheckpoint("c", stateAt(10), MANIFEST, { ...ABOUT, run_record_sha256: "6b".repeat(32) }, disk);
  const changed =
    /Cannot resume: the run record must be that of checkpoint step-000000010.json, of SHA-256 6b6b6b6b6b6b…/;
  await assert.rejects(checkRunRecord("c", "run-1", RECORD, disk), changed);
  disk.files.set(jsonOf(10), Uint8Array.of(0));
  await checkRunRecord("c", "run-1", RECORD, disk);
  // Format 1 does not say.
  await checkRunRecord("c", "run-1", RECORD, await olderDisk());
});

/** Written by commit fe127ed: format 1, without a hash of the JSON. */
async function olderDisk(change: (info: Record<string, unknown>) => void = () => {}): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const read = (name: string) => Deno.readFile(new URL(`../goldens/${name}`, import.meta.url));
  const info = JSON.parse(new TextDecoder().decode(await read("step-000000012.json")));
  change(info);
  disk.files.set(jsonOf(12), new TextEncoder().encode(JSON.stringify(info)));
  disk.files.set(join("c", "step-000000012.safetensors"), await read("step-000000012.safetensors"));
  return disk;
}

Deno.test("a checkpoint of format 1 is loaded, and its step is that of its tensors", async () => {
  assert.deepEqual(contents(await load(await olderDisk())), contents(stateAt(12)));
  assert.deepEqual(
    contents(await load(await olderDisk((info) => delete info.steering))),
    contents(stateAt(12)),
  );
  const passed_over: { file: string; reason: string }[] = [];
  await load(await olderDisk((info) => info.step = 150), passed_over);
  await load(await olderDisk((info) => info.generator_step = -1), passed_over);
  await load(await olderDisk((info) => info.generator_step = 13), passed_over);
  const renamed = await olderDisk((info) =>
    Object.assign(info, { step: 13, file: "step-000000013.safetensors" })
  );
  for (const name of ["json", "safetensors"]) {
    renamed.files.set(
      join("c", `step-000000013.${name}`),
      renamed.files.get(join("c", `step-000000012.${name}`))!,
    );
  }
  for (const path of [...renamed.files.keys()]) if (path.includes("12.")) renamed.files.delete(path);
  await load(renamed, passed_over);
  assert.deepEqual(passed_over.map(({ reason }) => reason), [
    "Field checkpoint.step must be that of the files' names: found 150",
    "Field checkpoint.generator_step must be an integer from 0 to 4294967295: found -1",
    "Field checkpoint.generator_step must be at most 12: found 13",
    'its tensors must be of step 13, found "12"',
  ]);
});

Deno.test("a disk that fills at any byte leaves the checkpoint before it, and no half of one", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(5), MANIFEST, ABOUT, disk);
  const before = [...disk.files.keys()].sort();
  const whole = [...disk.files.values()].reduce((n, bytes) => n + bytes.length, 0);
  for (let room_bytes = 0; room_bytes < whole; room_bytes += 97) {
    disk.room_bytes = room_bytes;
    await assert.rejects(writeCheckpoint("c", stateAt(10), MANIFEST, ABOUT, disk), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /^Cannot write c.step-000000010\.(safetensors|json): the disk is full \(ENOSPC\)\. The last checkpoint is kept/,
      );
      return true;
    });
    assert.deepEqual(
      [...disk.files.keys()].filter((name) => name.endsWith(".json")).sort(),
      before.slice(0, 1),
    );
    assert.deepEqual(contents(await load(disk)), contents(stateAt(5)));
  }
});

for (const buffer of ["parameters", "square_average", "statistics"] as const) {
  Deno.test(`a state with a number that is none is never saved, and the checkpoints before stay (${buffer})`, async () => {
    const disk = new MemoryDisk();
    await writeCheckpoint("/c", stateAt(5), MANIFEST, ABOUT, disk);
    const files = [...disk.files.keys()];
    for (const bad of [NaN, Infinity, -Infinity]) {
      const state = stateAt(10);
      (buffer === "statistics" ? state.statistics : state.generator[buffer])[2] = bad;
      await assert.rejects(writeCheckpoint("/c", state, MANIFEST, ABOUT, disk), {
        name: UserError.name,
        message:
          /^Cannot save step 10: every number of the state must be finite, found an infinity or NaN in \S+; /,
      });
    }
    assert.deepEqual([...disk.files.keys()], files);
  });
}

Deno.test("a checkpoint with a number that is none is passed over, and leaves nothing in the state", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("/c", stateAt(5), MANIFEST, ABOUT, disk);
  await writeCheckpoint("/c", stateAt(10), MANIFEST, ABOUT, disk);
  // Its hashes agree: the last tensor of the file is no number.
  const path = [...disk.files.keys()].find((file) => file.endsWith("step-000000010.safetensors"))!;
  const bytes = disk.files.get(path)!;
  bytes.set(new Uint8Array(Float32Array.of(NaN).buffer), bytes.length - 4);
  const info_path = path.replace("safetensors", "json");
  const { info_sha256: _old, ...info } = JSON.parse(new TextDecoder().decode(disk.files.get(info_path)));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  disk.files.set(info_path, new TextEncoder().encode(encodeInfo({ ...info, sha256 })));
  const passed_over: BadCheckpoint[] = [];
  const state = stateAt(0);
  const loaded = await loadNewest("/c", "run-1", state, MANIFEST, passed_over, disk);
  assert.equal(loaded!.step, 5);
  assert.match(passed_over[0]!.reason, /^tensor \S+ must be finite, found an infinity or NaN$/);
  assert.deepEqual(contents(state), contents(stateAt(5)));
});

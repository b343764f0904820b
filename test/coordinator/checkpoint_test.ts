import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { UserError } from "../../common/errors.ts";
import {
  type BadCheckpoint,
  type CheckpointFiles,
  loadNewest,
  writeCheckpoint,
} from "../../coordinator/checkpoint.ts";
import { ModelState } from "../../coordinator/model_state.ts";
import { type Optimizer, RMSPROP } from "../../coordinator/optimizer.ts";
import { Kernels } from "../../kernels/kernels.ts";
import { buildLayout } from "../../models/layout.ts";
import type { Manifest } from "../../models/manifest.ts";

const MANIFEST = {
  layouts: {
    critic: buildLayout([{ name: "critic.0.weight", shape: [2, 3] }, { name: "critic.0.bias", shape: [2] }]),
    generator: buildLayout([{ name: "generator.0.weight", shape: [5] }]),
    statistics: buildLayout([{ name: "generator.2.running_mean", shape: [3] }]),
  },
} as unknown as Manifest;
const ADAM: Optimizer = { kind: "adam", beta1: 0.5, beta2: 0.999, eps: 1e-8 };
const ABOUT = { run: "run-1", numeric_classes: ["abc"], seconds: 1.5 };

/** A disk in memory, which can be full. */
class MemoryDisk implements CheckpointFiles {
  readonly files = new Map<string, Uint8Array>();
  room_bytes = Infinity;

  write(path: string, bytes: Uint8Array): Promise<void> {
    const taken = Math.min(bytes.length, this.room_bytes);
    this.files.set(path, bytes.slice(0, taken));
    this.room_bytes -= taken;
    if (taken === bytes.length) return Promise.resolve();
    return Promise.reject(
      Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }),
    );
  }
  read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Deno.errors.NotFound(path));
  }
  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, await this.read(from));
    this.files.delete(from);
  }
  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }
  list(): Promise<string[]> {
    return Promise.resolve([...this.files.keys()].map((path) => path.split(/[/\\]/).at(-1)!));
  }
}

function stateAt(step: number, optimizer: Optimizer = RMSPROP): ModelState {
  const kernels = Kernels.create(ModelState.bytesNeeded(MANIFEST, optimizer));
  const state = new ModelState(kernels, MANIFEST, optimizer);
  let next = step;
  for (const { parameters, square_average, average } of [state.critic, state.generator]) {
    for (const buffer of [parameters, square_average, average ?? []]) {
      buffer.forEach((_, i) => buffer[i] = next++ / 7);
    }
  }
  state.statistics.forEach((_, i) => state.statistics[i] = next++ / 3);
  state.refreshChecksums();
  state.commit(step);
  state.generator_step = Math.floor(step / 5);
  return state;
}

const contents = (state: ModelState) => [
  state.step,
  state.generator_step,
  ...[state.critic, state.generator].flatMap((n) => [
    [...n.parameters],
    [...n.square_average],
    n.average && [...n.average],
    n.checksum,
  ]),
  [...state.statistics],
];

async function load(
  disk: MemoryDisk,
  passed_over: { file: string; reason: string }[] = [],
  optimizer: Optimizer = RMSPROP,
): Promise<ModelState> {
  const state = stateAt(0, optimizer);
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

Deno.test("a checkpoint of another optimizer is passed over, naming the tensor that it lacks", async () => {
  const disk = new MemoryDisk();
  await writeCheckpoint("c", stateAt(12), MANIFEST, ABOUT, disk);
  const passed_over: { file: string; reason: string }[] = [];
  await load(disk, passed_over, ADAM);
  const reason = "tensor adam.average.critic.0.weight must have 6 float32 values";
  assert.deepEqual(passed_over, [{ file: "step-000000012.json", reason }]);
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
  assert.deepEqual(passed_over, [{ file: "step-000000005.json", reason: "it belongs to run run-2" }]);
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
  // As an older wagon wrote it: the last tensor of the file is no number, and its SHA-256 agrees.
  const path = [...disk.files.keys()].find((file) => file.endsWith("step-000000010.safetensors"))!;
  const bytes = disk.files.get(path)!;
  bytes.set(new Uint8Array(Float32Array.of(NaN).buffer), bytes.length - 4);
  const info_path = path.replace("safetensors", "json");
  const info = JSON.parse(new TextDecoder().decode(disk.files.get(info_path)));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  disk.files.set(info_path, new TextEncoder().encode(JSON.stringify({ ...info, sha256 })));
  const passed_over: BadCheckpoint[] = [];
  const state = stateAt(0);
  const loaded = await loadNewest("/c", "run-1", state, MANIFEST, passed_over, disk);
  assert.equal(loaded!.step, 5);
  assert.match(passed_over[0]!.reason, /^tensor \S+ must be finite, found an infinity or NaN$/);
  assert.deepEqual(contents(state), contents(stateAt(5)));
});

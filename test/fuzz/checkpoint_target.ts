/** The newest of two checkpoints, damaged: it is passed over for the one before, or what is loaded is what was written. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { loadNewest, writeCheckpoint } from "../../coordinator/run/checkpoints/checkpoint.ts";
import type { ModelState } from "../../coordinator/training/model_state.ts";
import type { Manifest } from "../../models/manifest.ts";
import { decodeSafetensors, SafetensorsError } from "../../common/files/safetensors.ts";
import type { MemoryDisk } from "../coordinator/run/memory_disk.ts";
import type { Chance } from "./chance.ts";
import { mutateBytes, mutateValue } from "./mutate.ts";
import type { Target } from "./target.ts";

const FOLDER = "c";
const RUN = "run-1";
const STEM = "step-000000010";

/** What a run is, for checkpoints: `stateAt` makes the state of a step, `contents` tells two apart. */
export interface Trained {
  readonly manifest: Manifest;
  readonly stateAt: (step: number) => ModelState;
  readonly contents: (state: ModelState) => unknown;
}

export class CheckpointTarget implements Target {
  readonly name = "checkpoint";
  readonly #trained: Trained;
  readonly #disk: MemoryDisk;
  readonly #json: Uint8Array;
  readonly #tensors: Uint8Array;

  private constructor(trained: Trained, disk: MemoryDisk) {
    this.#trained = trained;
    this.#disk = disk;
    this.#json = disk.files.get(join(FOLDER, `${STEM}.json`))!;
    this.#tensors = disk.files.get(join(FOLDER, `${STEM}.safetensors`))!;
  }

  static async open(trained: Trained, disk: MemoryDisk): Promise<CheckpointTarget> {
    const about = { run: RUN, run_record_sha256: "5a".repeat(32), numeric_classes: ["abc"], seconds: 1.5 };
    for (const step of [5, 10]) {
      await writeCheckpoint(FOLDER, trained.stateAt(step), trained.manifest, about, disk);
    }
    return new CheckpointTarget(trained, disk);
  }

  async attempt(chance: Chance): Promise<string> {
    const { manifest, stateAt, contents } = this.#trained;
    const where = chance.of(["json", "json", "sealed json", "tensors", "both"]);
    const json = where === "tensors" ? this.#json : this.#damagedJson(chance, where === "sealed json");
    const tensors = where.endsWith("json") ? this.#tensors : mutateBytes(this.#tensors, chance);
    this.#disk.files.set(join(FOLDER, `${STEM}.json`), json);
    this.#disk.files.set(join(FOLDER, `${STEM}.safetensors`), tensors);
    readTensors(tensors);
    const state = stateAt(0);
    const passed_over: { file: string; reason: string }[] = [];
    const info = await loadNewest(FOLDER, RUN, state, manifest, passed_over, this.#disk);
    assert.equal(info?.step, passed_over.length === 0 ? 10 : 5);
    const expected = stateAt(info.step);
    if (where === "sealed json" && info.step === 10) {
      // Its hash agrees, so this is what was written: only what could not be is noticed.
      assert.ok(Number.isInteger(state.generator_step) && state.generator_step <= 10);
      expected.generator_step = state.generator_step;
    }
    assert.deepEqual(contents(state), contents(expected));
    // What the runtime says by itself names no file, field or tensor.
    for (const { reason } of passed_over) assert.match(reason, READERS_OWN);
    return passed_over.length === 0 ? "loaded" : "passed over";
  }

  #damagedJson(chance: Chance, sealed: boolean): Uint8Array {
    if (!sealed && chance.is(0.5)) return mutateBytes(this.#json, chance);
    const value = mutateValue(JSON.parse(new TextDecoder().decode(this.#json)), chance);
    return new TextEncoder().encode(JSON.stringify(sealed ? seal(value as object) : value));
  }
}

function seal({ info_sha256: _old, ...fields }: { info_sha256?: unknown }): object {
  const info_sha256 = createHash("sha256").update(JSON.stringify(fields)).digest("hex");
  return { ...fields, info_sha256 };
}

const READERS_OWN = /^(Field |Checkpoint must |Cannot decode safetensors|its |tensor |it belongs to run )/;

/** Behind its hash, where damage does not come: another program may have written both. */
function readTensors(bytes: Uint8Array): void {
  try {
    decodeSafetensors(bytes);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
  }
}

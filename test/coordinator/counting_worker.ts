/**
 * A worker that computes nothing: of each shard it answers a number that depends on the step alone, so that the sum, and
 * with it each weight, is the same whoever computes which shards.
 */
import { checksumBytes } from "../../kernels/kernels.ts";
import { MANIFEST_FILE } from "../../models/artifacts.ts";
import type { Manifest } from "../../models/manifest.ts";
import { TAIL } from "../../models/tail.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { numElements } from "../../common/shape.ts";
import { type Channel, openChannel } from "../../wire/channel.ts";
import { bytesOf } from "../../wire/frame.ts";
import { joinCoordinator } from "../../wire/handshake.ts";
import type { Message, MessageOf, MessageType } from "../../wire/messages.ts";
import { LIMITS } from "../wire/limits.ts";
import type { CoordinatorScene } from "./coordinator_scene.ts";

const ALLOWED: ReadonlySet<MessageType> = new Set(
  ["artifact", "weights", "shard_chunk", "work", "job", "notice", "finish"] as const,
);
const COMPUTE_MS = 1;

export interface Conduct {
  /** Called with each work before it is answered; false: it is not answered. */
  readonly onWork?: (work: MessageOf<"work">, worker: CountingWorker) => boolean | void;
  /** The critic's estimate of a step that it answers: sums of it over the shards must be exact. */
  readonly estimate?: (step: number) => number;
}

export class CountingWorker {
  /** Why the run was over, as the coordinator said it. */
  finished: string | null = null;
  readonly jobs: MessageOf<"job">[] = [];
  /** Steps that it was given work of, once for each network and node. */
  readonly steps: number[] = [];
  #manifest: Manifest | null = null;

  private constructor(private readonly channel: Channel, private readonly conduct: Conduct) {
    channel.onmessage = (message, payload) => this.#receive(message, payload);
  }

  static async join(
    scene: CoordinatorScene,
    name: string,
    conduct: Conduct = {},
  ): Promise<CountingWorker> {
    const { clock, token } = scene;
    const socket = scene.connect(name);
    const hello = { name, threads: 1, provider: "cpu", device: "test", platform: "test" };
    await joinCoordinator(socket, { clock, deadline_ms: 1_000, token, hello });
    const timing = { clock, heartbeat_ms: 2_000, silence_ms: 10_000 };
    const worker = new CountingWorker(
      openChannel(socket, { ...timing, allowed: ALLOWED, ...LIMITS }),
      conduct,
    );
    const numeric_class = "a".repeat(64);
    worker.channel.send({ type: "ready", numeric_class, shard_ms: COMPUTE_MS, shared: false });
    return worker;
  }

  /** Its connection breaks. */
  die(): void {
    this.channel.close("killed by the test");
  }

  #receive(message: Message, payload: Uint8Array): void {
    switch (message.type) {
      case "artifact":
        if (message.file !== MANIFEST_FILE) return;
        this.#manifest = parseManifest(JSON.parse(new TextDecoder().decode(payload)));
        return;
      case "shard_chunk": {
        const { run, shard, offset, total } = message;
        if (offset + payload.length === total) this.channel.send({ type: "shard_held", run, shard });
        return;
      }
      case "work":
        this.steps.push(message.step);
        if (this.conduct.onWork?.(message, this) !== false) this.#answer(message);
        return;
      case "job":
        this.jobs.push(message);
        return this.#answerJob(message);
      case "finish":
        this.finished = message.reason;
    }
  }

  #answer(work: MessageOf<"work">): void {
    const { type: _type, inline: _inline, next_noise_counter: _next, ...computation } = work;
    const { size, tail_offset } = this.#manifest!.graphs[`${work.kind}_training_model`];
    const num_shards = work.end - work.begin;
    // A multiple of a power of two: sums of it are exact in any order.
    const values = new Float32Array(size).fill(num_shards * work.step / 1024);
    const estimate = this.conduct.estimate?.(work.step);
    if (estimate !== undefined && work.kind === "critic") {
      values[tail_offset + TAIL.critic.mean_D_real] = num_shards * estimate;
      values[tail_offset + TAIL.critic.mean_D_fake] = 0;
    }
    const checksum = checksumBytes(bytesOf(values));
    const times = { compute_ms: COMPUTE_MS, elapsed_ms: COMPUTE_MS };
    const result = {
      ...computation,
      ...times,
      type: "result",
      checksum,
      largest: null,
    } as const;
    this.channel.send(result, bytesOf(values));
  }

  #answerJob({ run, job, kind, count }: MessageOf<"job">): void {
    const size = kind === "sample" ? count * numElements(this.#manifest!.example_shape) : count;
    this.channel.send({ type: "job_result", run, job }, bytesOf(new Float32Array(size)));
  }
}

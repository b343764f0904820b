/** A training whose sums and weights travel rounded: scripted workers that hold, sum and round as real ones do. */
import { Fleet } from "../../../coordinator/fleet/fleet.ts";
import { RMSPROP } from "../../../algorithm/optimizers.ts";
import type { RunConfig } from "../../../coordinator/config/config.ts";
import { wireOf } from "../../../coordinator/config/wire_config.ts";
import { PackedResults } from "../../../coordinator/fleet/memory/packed_results.ts";
import { ChunkMemory } from "../../../coordinator/fleet/memory/chunk_memory.ts";
import { ResultMemory } from "../../../coordinator/fleet/memory/result_memory.ts";
import { largestPayload, resultSize, roomToTrain } from "../../../coordinator/run/run_graphs.ts";
import { TreeSum } from "../../../coordinator/training/averaging.ts";
import { ModelState } from "../../../coordinator/training/model_state.ts";
import { StreamedUpdate } from "../../../coordinator/training/streamed_update.ts";
import { updateRoomBytes } from "../../../coordinator/training/update_room.ts";
import { publishAll, train } from "../../../coordinator/training/train.ts";
import type { WireFormat } from "../../../common/wire_format.ts";
import { chunksOf } from "../../../kernels/chunks.ts";
import { checksumBytes, Kernels } from "../../../kernels/kernels.ts";
import { addDifference } from "../../../kernels/rounding.ts";
import { sumTree } from "../../../kernels/tree.ts";
import { bytesOf } from "../../../wire/frame.ts";
import { NETWORKS } from "../../../common/network_name.ts";
import type { Message, MessageOf } from "../../../wire/messages.ts";
import type { Socket } from "../../../wire/socket.ts";
import { packResult, payloadSize, roundingKey } from "../../../kernels/result_payload.ts";
import { FakeClock, settled } from "../../wire/fake_clock.ts";
import { sendResult } from "../../../worker/connection/send_result.ts";
import { LinkedSocket, type Ways } from "../../wire/linked_socket.ts";
import { ScriptedWorker, TOKEN, type WeightsArrival } from "../fleet/scripted_worker.ts";
import { SETTINGS, SHARDS, smallData, smallManifest } from "./small_training.ts";

const SEED = 5;
const SIZES = { critic: 20_300, generator: 40_001 };

export const WIRE_MANIFEST = smallManifest(SIZES);

/** A run that has not begun, or whose state has been brought back. */
export function openState(wire: WireFormat) {
  const config = { ...SETTINGS, wire, wire_groups: wire === "float32" ? null : SHARDS } as RunConfig;
  const kernels = Kernels.create(roomToTrain(WIRE_MANIFEST, config).bytes);
  const state = new ModelState(kernels, WIRE_MANIFEST, RMSPROP, wire);
  for (const { weights } of [state.critic, state.generator]) {
    weights.forEach((_, i) => weights[i] = Math.sin(i) / 4);
  }
  state.giveWhole();
  state.refreshChecksums();
  return { config, kernels, state };
}

export type OpenState = ReturnType<typeof openState>;

/** A message that a worker has to send. */
interface Outgoing {
  readonly message: Message;
  readonly payload: Uint8Array | undefined;
}

/** A worker that computes with the weights it holds: what it was sent, added up by itself. */
class HonestWorker {
  /** What it has computed and not sent. */
  readonly queue: Outgoing[] = [];
  /** Chunks of weights that came before the result was sent whole. */
  num_ahead = 0;
  readonly #kernels = Kernels.create(1 << 21);
  readonly #held = {
    critic: this.#kernels.allocate(SIZES.critic),
    generator: this.#kernels.allocate(SIZES.generator),
  };
  readonly #payload = this.#kernels.allocate(SIZES.generator + 64);
  readonly #sum = this.#kernels.allocate(SIZES.generator + 64);
  /** Chunks of weights that are not told to be the weights, by their index. */
  #arriving = { state: "", step: -1, chunks: new Map<number, Uint8Array>() };
  /** Messages of weights that are in what it holds. */
  #taken = 0;
  readonly #groups = new Set<string>();

  constructor(
    readonly worker: ScriptedWorker,
    readonly format: WireFormat,
    readonly chunk_floats: number,
    readonly spoil: Spoil | null,
  ) {}

  /** Nodes of all its answers. */
  get groups(): readonly string[] {
    return [...this.#groups];
  }

  /** Computes its oldest work, and sends the result. */
  async answer(): Promise<void> {
    this.compute();
    while (this.queue.length > 0) await this.send();
  }

  /** Computes its oldest work. */
  compute(): void {
    this.#takeWeights();
    const work = this.worker.work.shift()!;
    for (const network of NETWORKS) {
      const found = this.#kernels.checksum(this.#held[network]);
      const required = work[`${network}_checksum`];
      if (found !== required) throw new Error(`${network} must be ${required}: held is ${found}`);
    }
    this.#groups.add(`${work.begin}-${work.end}`);
    const payload = this.#packed(work);
    this.spoil?.(payload, work);
    const { type: _type, inline: _inline, next_noise_counter: _next, checksum: _checksum, ...about } = work;
    const times = { compute_ms: about.end - about.begin, elapsed_ms: about.end - about.begin };
    const wire = { format: this.format, group_shards: null };
    const send = (message: Message, payload?: Uint8Array) => void this.queue.push({ message, payload });
    sendResult({ send }, { wire, chunk_floats: this.chunk_floats }, WIRE_MANIFEST, {
      ...about,
      ...times,
    }, payload);
  }

  /** Hands a message to the socket. */
  hand({ message, payload }: Outgoing): void {
    this.worker.send(message, payload);
  }

  /** Sends its next message. */
  async send(): Promise<void> {
    this.hand(this.queue.shift()!);
    const before = this.worker.messages("weights_chunk").length;
    await settled();
    if (this.queue.length > 0) this.num_ahead += this.worker.messages("weights_chunk").length - before;
  }

  #takeWeights(): void {
    for (const arrival of this.worker.arrivals.slice(this.#taken)) this.#takeArrival(arrival);
    this.#taken = this.worker.arrivals.length;
  }

  #takeArrival({ message, payload }: WeightsArrival): void {
    const held = this.#held[message.state];
    if (message.type === "weights") {
      if (message.difference === null) bytesOf(held).set(payload);
      else this.#add(payload, held);
    } else if (message.type === "weights_chunk") {
      const { state, step, index, checksum } = message;
      if (checksumBytes(payload) !== checksum) throw new Error(`Chunk ${index} of weights is damaged`);
      const { state: its_state, step: its_step } = this.#arriving;
      if (its_state !== state || its_step !== step) this.#arriving = { state, step, chunks: new Map() };
      this.#arriving.chunks.set(index, payload);
    } else {
      const chunks = chunksOf(held.length, this.chunk_floats);
      for (const [i, { begin, end }] of chunks.entries()) {
        const chunk = this.#arriving.chunks.get(i)!;
        if (message.from === null) bytesOf(held.subarray(begin, end)).set(chunk);
        else this.#add(chunk, held.subarray(begin, end));
      }
    }
  }

  #add(difference: Uint8Array, held: Float32Array): void {
    if (this.format === "float32") throw new Error("There are no differences of float32");
    const room = bytesOf(this.#payload).subarray(0, difference.length);
    room.set(difference);
    addDifference(this.#kernels, this.format, room, held);
  }

  #packed(work: MessageOf<"work">): Float32Array<ArrayBuffer> {
    const graph = WIRE_MANIFEST.graphs[`${work.kind}_training_model`];
    const known = ({ begin, end }: { begin: number; end: number }) =>
      end - begin === 1 ? this.#leaf(work, begin) : undefined;
    const sum = sumTree(work, known, (a, b) => a.map((value, i) => value + b[i]!));
    if (this.format === "float32") return sum;
    this.#sum.set(sum);
    const payload = this.#payload.subarray(0, payloadSize(this.format, graph));
    const key = roundingKey(SEED, work.kind, work.step, work.begin);
    packResult(
      this.#kernels,
      this.format,
      this.#sum.subarray(0, graph.size),
      graph.tail_offset,
      payload,
      key,
    );
    return payload.slice();
  }

  /** Pulls the weights towards a place of the shard's and the step's own. */
  #leaf({ kind, step }: MessageOf<"work">, shard: number): Float32Array<ArrayBuffer> {
    const held = this.#held[kind];
    const leaf = new Float32Array(SIZES[kind] + 3);
    for (let i = 0; i < held.length; i++) {
      leaf[i] = held[i]! - Math.fround(((i * 7 + shard * 3 + step) % 11) / 40);
    }
    leaf.set([step, shard, 0.5], held.length);
    return leaf;
  }
}

/** Changes what a worker is about to send. */
export type Spoil = (payload: Float32Array, work: MessageOf<"work">) => unknown;

export interface Trained {
  /** Faults. */
  readonly told: readonly string[];
  readonly bytes: { in: number; out: number };
  /** Nodes that were answered. */
  readonly groups: readonly string[];
  /** Chunks of weights that workers had before they had sent their result. */
  readonly num_ahead: number;
  /** Messages that brought a worker a whole network. */
  readonly num_whole: number;
  /** When each step was committed. */
  readonly committed_ms: readonly number[];
}

/** How a training goes on. */
export interface Course {
  /** After this step the first worker is killed when it has answered once, and another joins. */
  readonly upset?: number | null;
  /** Of the first worker. */
  readonly spoil?: Spoil | null;
  /** Of each chunk; by default all travels whole. */
  readonly chunk_floats?: number;
  /** Whose message is next, of so many: by default workers send all that they have. */
  readonly pick?: (num_workers: number) => number;
  /** When step `step` is under way the first worker is killed after so many messages, and another joins. */
  readonly kill?: { readonly step: number; readonly after: number };
  /** Every worker is behind a link like this, and computes for so long. */
  readonly link?: Ways & { readonly computing_ms: number };
  /** What becomes of a message of the first worker; undefined: it stays. */
  readonly damage?: (message: Message, payload: Uint8Array) => Uint8Array | undefined;
}

const LINK_TICK_MS = 0.25;
/** No buffer of this scene is longer. */
const WHOLE = 1 << 16;

/** Trains up to a step with so many workers. */
export async function trainTo(
  opened: OpenState,
  steps: number,
  num_workers: number,
  course: Course = {},
): Promise<Trained> {
  const { upset = null, pick, kill, link, chunk_floats = WHOLE } = course;
  const { config, kernels, state } = opened;
  const clock = new FakeClock();
  const told: string[] = [];
  const { fleet, packed, memory } = await openFleet(opened, clock, chunk_floats, told);
  const workers: HonestWorker[] = [];
  const sockets: LinkedSocket[] = [];
  const join = async (name: string) => {
    const through = (socket: Socket) => {
      if (!link) return socket;
      sockets.push(new LinkedSocket(socket, clock, link));
      return sockets.at(-1)!;
    };
    const worker = await ScriptedWorker.join(fleet, clock, { name, held: [0, 1, 2, 3], through });
    const spoil = workers.length === 0 ? course.spoil ?? null : null;
    workers.push(new HonestWorker(worker, config.wire, chunk_floats, spoil));
  };
  for (let i = 0; i < num_workers; i++) await join(`${i}`);
  for (const socket of sockets) socket.is_slow = true;
  publishAll(state, fleet);
  const committed_ms: number[] = [];
  const committed = () => committed_ms.push(clock.now_ms()) > 0;
  let is_over = false;
  const tree = new TreeSum(kernels, SHARDS, resultSize(WIRE_MANIFEST), packed);
  const now_ms = () => clock.now_ms();
  const parts = { config: { ...config, steps }, manifest: WIRE_MANIFEST, state, fleet, now_ms, memory };
  const streamed = new StreamedUpdate(parts);
  const training = train({ ...parts, tree, streamed, epoch_steps: 2, committed })
    .finally(() => is_over = true);
  training.catch(() => {});
  let is_upset = upset === null && kill === undefined, num_sent = 0;
  const replaceFirst = async () => {
    is_upset = true;
    await join("another");
    await workers[0]!.worker.die();
  };
  while (!is_over) {
    await settled();
    if (!is_upset && upset !== null && state.step === upset) {
      // In mid-step: one of its results has counted, if there are two.
      await workers[0]!.answer();
      await replaceFirst();
    }
    if (link) {
      for (const one of workers) {
        if (one.worker.work.length === 0) continue;
        one.compute();
        clock.after(link.computing_ms, () => one.queue.splice(0).forEach((sent) => one.hand(sent)));
      }
      await clock.advance(LINK_TICK_MS);
      continue;
    }
    const alive = workers.filter(({ worker }) => worker.closed === null);
    for (const one of alive) {
      while (one.worker.work.length > 0 && (!pick || one.queue.length === 0)) one.compute();
    }
    const ready = alive.filter(({ queue }) => queue.length > 0);
    if (ready.length === 0) continue;
    const sender = pick ? ready[pick(ready.length)]! : ready[0]!;
    do {
      const is_first = sender === workers[0];
      if (is_first && !is_upset && kill && state.step === kill.step - 1 && num_sent++ === kill.after) {
        await replaceFirst();
        break;
      }
      if (is_first) spoilMessage(sender.queue, course.damage);
      await sender.send();
    } while (!pick && sender.queue.length > 0);
  }
  const { bytes } = fleet;
  let is_finished = false;
  const finishing = training.finally(() => fleet.finish("test over")).finally(() => is_finished = true);
  // What is still on its way over links takes its time.
  while (link && !is_finished) await clock.advance(10);
  await finishing;
  const num_ahead = workers.reduce((sum, worker) => sum + worker.num_ahead, 0);
  const num_whole = workers.reduce((sum, { worker }) => sum + worker.weights.length, 0);
  return { told, bytes, groups: workers.flatMap(({ groups }) => groups), num_ahead, num_whole, committed_ms };
}

function spoilMessage(queue: Outgoing[], damage: Course["damage"]): void {
  const { message, payload } = queue[0]!;
  const damaged = payload && damage?.(message, payload.slice());
  if (damaged) queue[0] = { message, payload: damaged };
}

async function openFleet(
  { config, kernels }: OpenState,
  clock: FakeClock,
  chunk_floats: number,
  told: string[],
) {
  const wire = wireOf(config);
  const facts = {
    run: "run-1",
    incarnation: 0,
    seed: SEED,
    manifest: WIRE_MANIFEST,
    files: [],
    wire,
    chunk_floats,
  };
  const packed = wire.format === "float32" ? null : new PackedResults(kernels, WIRE_MANIFEST, wire.format);
  const memory = new ResultMemory(kernels, SHARDS, largestPayload(WIRE_MANIFEST, wire.format));
  const sizes = { manifest: WIRE_MANIFEST, optimizer: RMSPROP, shards: SHARDS, chunk_floats };
  const room = updateRoomBytes({ ...sizes, format: wire.format });
  // Not for all: some lie where the socket puts them.
  const chunks = new ChunkMemory(100_000, room);
  const classes = ["a".repeat(64)];
  const fleet = new Fleet(
    facts,
    await smallData(),
    {
      token: TOKEN,
      read_token: undefined,
      clock,
      exact: true,
      classes,
      shared_memory: null,
      memory,
      packed,
      chunks,
    },
    {
      joined: () => {},
      relayed: () => {},
      left: () => {},
      fault: ({ what }) => told.push(what),
      refused: () => {},
    },
  );
  return { fleet, packed, memory: chunks };
}

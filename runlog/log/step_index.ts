/**
 * The sidecar of a log: what a summary needs of each step as a row of fixed width, so that a run of millions of
 * steps opens at once. It holds nothing that the log does not, and may be deleted, lag behind or be cut off:
 * a row says which bytes of the log it stands for, and whatever no row stands for is read from the log.
 *
 * All numbers are 32-bit little-endian words. The header: the magic word, the version, the words of a row, the
 * places for workers in it. A row: the words of WORDS, then (id, shards, microseconds of
 * computing, of the way) for each place, then a hash of all that. A row that it does not fit counts as none, as does a
 * sidecar of an earlier version: 1 had no hashes, 2 no times of the way.
 * Times are whole microseconds, losses float32: as the coordinator writes them. A step that would not come back
 * from a row exactly as it is in the log gets none.
 */
import type { StepFacts } from "./step_facts.ts";

/** Name of the sidecar within a run folder. */
export const STEP_INDEX_NAME = "events.series";

const MAGIC = 0x5347_4157;
const VERSION = 3;
export const HEADER_BYTES = 16;
const MAX_PLACES = 16;
const WORDS_PER_PLACE = 4;
/** In place of a time that the log does not say. */
const UNKNOWN = 0xffff_ffff;
const TWO_32 = 0x1_0000_0000;
const MAX_WORD = TWO_32 - 1;

const WORDS = {
  offset_low: 0,
  offset_high: 1,
  length: 2,
  step: 3,
  generator_step: 4,
  epoch: 5,
  batches: 6,
  loss_critic: 7,
  mean_real: 8,
  mean_fake: 9,
  loss_generator: 10,
  total: 11,
  wait: 12,
  sum: 13,
  update: 14,
  send: 15,
  bytes_in: 16,
  bytes_out: 17,
  time_low: 18,
  time_high: 19,
  has_estimate: 20,
  num_workers: 21,
} as const;
const FIRST_PLACE = 22;
const HASH_WORDS = 1;

/** Position of a step's line in the log, its end included, in bytes. */
export interface Place {
  offset: number;
  length: number;
}

/** The layout of a sidecar's rows. */
export interface StepIndexShape {
  /** Workers of one step that find room. */
  readonly places: number;
}

/** Rows that have room for all workers of a run of so many shards, within reason. */
export function shapeFor(num_shards: number): StepIndexShape {
  return { places: Math.min(MAX_PLACES, Math.max(1, num_shards)) };
}

export function rowWords({ places }: StepIndexShape): number {
  return FIRST_PLACE + WORDS_PER_PLACE * places + HASH_WORDS;
}

export function rowBytes(shape: StepIndexShape): number {
  return 4 * rowWords(shape);
}

export function encodeHeader(shape: StepIndexShape): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  [MAGIC, VERSION, rowWords(shape), shape.places].forEach((word, i) => header.setUint32(4 * i, word, true));
  return new Uint8Array(header.buffer);
}

/** null: not the header of a sidecar that this version reads. */
export function decodeHeader(bytes: Uint8Array): StepIndexShape | null {
  if (bytes.length < HEADER_BYTES) return null;
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const [magic, version, words, places] = [0, 4, 8, 12].map((at) => header.getUint32(at, true));
  if (magic !== MAGIC || version !== VERSION || places! < 1 || places! > MAX_PLACES) return null;
  return words === rowWords({ places: places! }) ? { places: places! } : null;
}

/** Whole microseconds, or NaN where the milliseconds are no whole number of them. */
function microseconds(ms: number): number {
  const us = Math.round(ms * 1000);
  return us / 1000 === ms && us >= 0 ? us : NaN;
}

const isWord = (value: number) => Number.isInteger(value) && value >= 0 && value <= MAX_WORD;
const isFloat = (value: number) => Object.is(Math.fround(value), value);

/** The row of a step, or null where it would not come back exactly. */
export function encodeRow(
  shape: StepIndexShape,
  facts: StepFacts,
  place: Place,
): Uint8Array<ArrayBuffer> | null {
  const { mean_real, mean_fake, loss_critic, loss_generator, workers } = facts;
  const floats = [loss_critic, mean_real, mean_fake, loss_generator];
  const has_estimate = !Number.isNaN(facts.wasserstein_estimate);
  if (!floats.every(isFloat)) return null;
  if (has_estimate && facts.wasserstein_estimate !== mean_real - mean_fake) return null;
  if (workers.length > shape.places) return null;
  const time_us = microseconds(facts.time_ms);
  const words = [
    place.offset % TWO_32,
    Math.floor(place.offset / TWO_32),
    place.length,
    facts.step,
    facts.generator_step,
    facts.epoch,
    facts.batches,
    ...floats.map(() => 0),
    ...[facts.total, facts.wait, facts.sum, facts.update, facts.send].map(microseconds),
    facts.bytes_in,
    facts.bytes_out,
    time_us % TWO_32,
    Math.floor(time_us / TWO_32),
    Number(has_estimate),
    workers.length,
    ...workers.flatMap(({ id, shards, compute_ms, wire_ms }) => [
      id,
      shards,
      microseconds(compute_ms),
      Number.isNaN(wire_ms) ? UNKNOWN : microseconds(wire_ms),
    ]),
  ];
  if (!words.every(isWord)) return null;
  const row = new DataView(new ArrayBuffer(rowBytes(shape)));
  words.forEach((word, i) => row.setUint32(4 * i, word, true));
  floats.forEach((value, i) => row.setFloat32(4 * (WORDS.loss_critic + i), value, true));
  const last = rowWords(shape) - 1;
  row.setUint32(4 * last, hashOf(new Uint32Array(row.buffer), 0, last), true);
  return new Uint8Array(row.buffer);
}

/**
 * MurmurHash3 (Appleby 2011, x86, 32 bits) of the words begin..end: 30 ns for a row. Each step is a bijection of its
 * word, so that no change within one word goes unseen.
 */
function hashOf(words: Uint32Array, begin: number, end: number): number {
  let hash = MAGIC;
  for (let i = begin; i < end; i++) {
    const scaled = Math.imul(words[i]!, 0xcc9e_2d51);
    hash ^= Math.imul(scaled << 15 | scaled >>> 17, 0x1b87_3593);
    hash = Math.imul(hash << 13 | hash >>> 19, 5) + 0xe654_6b64 | 0;
  }
  hash ^= 4 * (end - begin);
  hash = Math.imul(hash ^ hash >>> 16, 0x85eb_ca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2_ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

/** Reads rows out of a buffer of whole rows, into the same objects again and again. */
export class RowReader {
  readonly facts: StepFacts;
  readonly place: Place = { offset: 0, length: 0 };
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #row_words: number;
  /** Objects for the workers of a row; facts.workers holds as many of them as the row has. */
  readonly #workers: StepFacts["workers"];

  /** `bytes` begins at a multiple of 4 in its buffer; this machine is little-endian, as all are that run Deno. */
  constructor(shape: StepIndexShape, bytes: Uint8Array<ArrayBuffer>) {
    this.#row_words = rowWords(shape);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.#floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.#workers = Array.from(
      { length: shape.places },
      () => ({ id: 0, shards: 0, compute_ms: 0, wire_ms: 0 }),
    );
    this.facts = emptyFacts();
  }

  /** Fills `facts` and `place` from row `index`. False where the row is not as it was written: nothing is filled. */
  read(index: number): boolean {
    const at = index * this.#row_words;
    const words = this.#words;
    const last = at + this.#row_words - 1;
    if (words[last] !== hashOf(words, at, last)) return false;
    const { facts, place } = this;
    place.offset = words[at + WORDS.offset_low]! + TWO_32 * words[at + WORDS.offset_high]!;
    place.length = words[at + WORDS.length]!;
    facts.step = words[at + WORDS.step]!;
    facts.generator_step = words[at + WORDS.generator_step]!;
    facts.epoch = words[at + WORDS.epoch]!;
    facts.batches = words[at + WORDS.batches]!;
    facts.loss_critic = this.#floats[at + WORDS.loss_critic]!;
    facts.mean_real = this.#floats[at + WORDS.mean_real]!;
    facts.mean_fake = this.#floats[at + WORDS.mean_fake]!;
    facts.wasserstein_estimate = words[at + WORDS.has_estimate] ? facts.mean_real - facts.mean_fake : NaN;
    facts.loss_generator = this.#floats[at + WORDS.loss_generator]!;
    facts.total = words[at + WORDS.total]! / 1000;
    facts.wait = words[at + WORDS.wait]! / 1000;
    facts.sum = words[at + WORDS.sum]! / 1000;
    facts.update = words[at + WORDS.update]! / 1000;
    facts.send = words[at + WORDS.send]! / 1000;
    facts.bytes_in = words[at + WORDS.bytes_in]!;
    facts.bytes_out = words[at + WORDS.bytes_out]!;
    facts.time_ms = (words[at + WORDS.time_low]! + TWO_32 * words[at + WORDS.time_high]!) / 1000;
    const num_workers = Math.min(words[at + WORDS.num_workers]!, this.#workers.length);
    facts.workers.length = num_workers;
    for (let i = 0; i < num_workers; i++) {
      const worker = facts.workers[i] = this.#workers[i]!;
      const from = at + FIRST_PLACE + WORDS_PER_PLACE * i;
      worker.id = words[from]!;
      worker.shards = words[from + 1]!;
      worker.compute_ms = words[from + 2]! / 1000;
      worker.wire_ms = words[from + 3]! === UNKNOWN ? NaN : words[from + 3]! / 1000;
    }
    return true;
  }
}

function emptyFacts(): StepFacts {
  return {
    step: 0,
    generator_step: 0,
    epoch: 0,
    batches: 0,
    loss_critic: 0,
    mean_real: 0,
    mean_fake: 0,
    wasserstein_estimate: 0,
    loss_generator: 0,
    total: 0,
    wait: 0,
    sum: 0,
    update: 0,
    send: 0,
    bytes_in: 0,
    bytes_out: 0,
    time_ms: 0,
    workers: [],
  };
}

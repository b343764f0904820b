/**
 * Records to a TensorBoard event file while the run goes on. The file grows by whole events, so that it can be read at
 * any time. Where it cannot be written the training goes on without.
 */
import { joined } from "../../../common/joined.ts";
import {
  encodeEvent,
  encodeFileVersion,
  encodeRestart,
  frame,
} from "../../../runlog/export/tensorboard/event.ts";
import { RunEvents } from "../../../runlog/export/tensorboard/run_events.ts";
import type { RecordOf, RunRecord } from "../../../runlog/records.ts";
import { pngSize } from "../../../pictures/png_size.ts";
import type { Cancel, Clock } from "../../../wire/clock.ts";
import type { Opening, RecordSink } from "./run_log.ts";

/** Events are handed to the system this long after the first of them. */
export const EVENTS_MS = 1_000;
/** Bytes that wait for a slow disk, at most; events that do not fit are left out. */
const MAX_WAITING = 16 * 1024 * 1024;

export interface TensorboardSinkOptions {
  readonly opening: Opening;
  readonly file: { write(bytes: Uint8Array): Promise<number>; close(): void };
  /** The picture of a record; null where it is not there. */
  readonly readPicture: (file: string) => Promise<Uint8Array | null>;
  readonly clock: Pick<Clock, "after">;
  /** Says what went wrong, once. */
  readonly say: (line: string) => void;
}

/** Name of the file of a start of the run; in one folder, that of a later start comes later. */
export function eventFileName([run, resume]: Opening): string {
  const started_s = secondsOf(resume?.time ?? run.created);
  return `events.out.tfevents.${Math.floor(started_s)}.${run.run}.${resume?.incarnation ?? 0}`;
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000 || 0;
}

export class TensorboardSink implements RecordSink {
  readonly #options: TensorboardSinkOptions;
  readonly #events = new RunEvents();
  #waiting: Uint8Array[] = [];
  #waiting_bytes = 0;
  #cancel: Cancel | null = null;
  /** All that is written, and read, until now. */
  #written = Promise.resolve();
  #pictures = Promise.resolve();
  #said = false;
  #failed = false;

  constructor(options: TensorboardSinkOptions) {
    this.#options = options;
    const [run, resume] = options.opening;
    const wall_time = secondsOf(resume?.time ?? run.created);
    this.#add(encodeFileVersion(wall_time));
    for (const record of [run, ...resume ? [resume] : []]) this.#events.of(record);
    // What an earlier start made of later steps is superseded.
    if (resume) this.#add(encodeRestart({ wall_time, step: resume.step + 1 }));
  }

  record(record: RunRecord): void {
    const event = this.#events.of(record);
    if (event) this.#add(encodeEvent(event));
    if (record.type === "sample") this.#picture(record);
  }

  /** Resolves when everything is in the file. */
  async close(): Promise<void> {
    await this.#pictures;
    this.#cancel?.();
    this.#flush();
    await this.#written;
    this.#options.file.close();
  }

  #picture(record: RecordOf<"sample">): void {
    const found = this.#options.readPicture(record.file);
    this.#pictures = Promise.all([found, this.#pictures]).then(([png]) => {
      if (png) this.#add(encodeEvent(this.#events.picture(record, { png, ...pngSize(png) })));
    }).catch((error) => this.#problem(`samples ${record.file} are left out`, error));
  }

  #add(message: Uint8Array): void {
    if (this.#failed) return;
    if (this.#waiting_bytes + message.length > MAX_WAITING) {
      return this.#problem("events are left out", new Error("a disk that is too slow"));
    }
    const framed = frame(message);
    this.#waiting.push(framed);
    this.#waiting_bytes += framed.length;
    this.#cancel ??= this.#options.clock.after(EVENTS_MS, () => this.#flush());
  }

  #flush(): void {
    this.#cancel = null;
    this.#written = this.#written.then(() => this.#write()).catch((error) => {
      this.#failed = true;
      this.#waiting = [];
      this.#problem("training goes on without", error);
    });
  }

  async #write(): Promise<void> {
    const bytes = joined(this.#waiting);
    this.#waiting = [];
    this.#waiting_bytes = 0;
    for (let at = 0; at < bytes.length;) at += await this.#options.file.write(bytes.subarray(at));
  }

  #problem(decision: string, error: unknown): void {
    if (this.#said) return;
    this.#said = true;
    this.#options.say(`Cannot write events for TensorBoard, found ${(error as Error).message}: ${decision}`);
  }
}

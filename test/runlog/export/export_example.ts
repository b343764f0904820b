/** A small event file and two animations, as wagon writes them, for other people's readers. */
import { encodeGif, type Still } from "../../../pictures/animation.ts";
import { encodePng } from "../../../pictures/png.ts";
import type { Raster } from "../../../pictures/raster.ts";
import type { RunRecord } from "../../../runlog/records.ts";
import {
  encodeEvent,
  encodeFileVersion,
  type Event,
  frame,
} from "../../../runlog/export/tensorboard/event.ts";
import { RunEvents } from "../../../runlog/export/tensorboard/run_events.ts";
import { runRecord, stepRecord, steps, TIME } from "../log/example_log.ts";

/** A picture whose tones follow from its place. */
export function picture(width: number, height: number, channels: 1 | 3, shift: number): Raster {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7 + shift) % 256);
  return { width, height, channels, data };
}

const RECORDS: readonly RunRecord[] = [
  runRecord(),
  ...steps(4, 6),
  { type: "heldout", step: 5, critic_cost: -0.25, mean_real: 0.5 },
  {
    type: "evaluation",
    step: 5,
    sliced_wasserstein: 0.125,
    modes: { count: 8, covered: 7, high_quality: 0.75 },
  },
  {
    type: "vitals",
    step: 5,
    clipped: 0.5,
    critic_gradients: { "critic.0.weight": 0.25 },
    generator_gradients: {},
  },
  { type: "sample", step: 5, file: "x.png", diversity: 0.875 },
  { type: "resume", step: 6, incarnation: 1, changed: {}, time: "2026-03-01T13:00:00.500Z" },
  stepRecord(7, { step: 2 ** 40 }),
];

/** The events of a small run, a picture last. */
export function exampleEvents(): Event[] {
  const events = new RunEvents();
  const all = RECORDS.map((record) => events.of(record)).filter((event) => event !== null);
  const raster = picture(5, 4, 3, 0);
  const png = encodePng(raster);
  const sample = { type: "sample", step: 7, file: "y.png" } as const;
  return [...all, events.picture(sample, { png, width: 5, height: 4, channels: 3 })];
}

export function exampleEventFile(): Uint8Array {
  const parts = [encodeFileVersion(Date.parse(TIME) / 1000), ...exampleEvents().map(encodeEvent)];
  return Uint8Array.from(parts.flatMap((part) => [...frame(part)]));
}

export function exampleStills(channels: 1 | 3): Still[] {
  return [0, 1000, 123456789].map((step, i) => ({ step, picture: picture(30, 10, channels, 50 * i) }));
}

export function exampleGif(channels: 1 | 3): Uint8Array {
  return encodeGif(exampleStills(channels), { delay_ms: 120, last_ms: 2000 });
}

if (import.meta.main) {
  const [folder] = Deno.args;
  await Deno.writeFile(`${folder}/events.out.tfevents.0.example`, exampleEventFile());
  await Deno.writeFile(`${folder}/grey.gif`, exampleGif(1));
  await Deno.writeFile(`${folder}/colour.gif`, exampleGif(3));
}

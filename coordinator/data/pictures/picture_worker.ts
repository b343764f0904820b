/** A thread that reads pictures: one message asks for some, one answers. It has the rights of who started it. */
import { PictureCodecs } from "./codecs.ts";
import type { Shape } from "./image.ts";
import type { PicturePlace } from "./picture_place.ts";
import { type PictureRead, readPicture, type Shaping } from "./picture_reader.ts";

export interface PictureTask {
  readonly places: readonly PicturePlace[];
  readonly shaping: Shaping;
  /** Tones of pictures of another shape are not sent. */
  readonly expected: Shape;
}

const codecs = new PictureCodecs();

self.onmessage = async ({ data }: MessageEvent<PictureTask>) => {
  const { places, shaping, expected } = data;
  const reads: PictureRead[] = [];
  for (const place of places) {
    const read = await readPicture(place, shaping, codecs);
    const is_wanted = "tones" in read && isAlike(read.shape, expected);
    reads.push("tones" in read && !is_wanted ? { ...read, tones: new Uint8Array(0) } : read);
  }
  self.postMessage(reads, reads.flatMap((read) => "tones" in read ? [read.tones.buffer] : []));
};

function isAlike(a: Shape, b: Shape): boolean {
  return a.channels === b.channels && a.height === b.height && a.width === b.width;
}

/** A kind of picture file: how it is recognised, and what its header says before anything is decoded. */
import type { PictureCodecs } from "./codecs.ts";
import type { Orientation } from "./jpeg/exif.ts";
import type { Pixels } from "./pixels.ts";

/** A picture whose header was read. */
export interface FoundPicture {
  /** As the file has them: not yet turned upright. */
  readonly width: number;
  readonly height: number;
  readonly has_colour: boolean;
  readonly orientation: Orientation;
  /** Decodes it. Throws or rejects with an Error that has the reason where the file is damaged. */
  decode(codecs: PictureCodecs): Pixels | Promise<Pixels>;
}

export interface PictureFormat {
  /** As in "a damaged WebP". */
  readonly title: string;
  is(bytes: Uint8Array): boolean;
  /** Reads the header alone. Throws Error with the reason where there is none. */
  open(bytes: Uint8Array): FoundPicture;
}

/** True if bytes have this text at a place. */
export function hasMark(bytes: Uint8Array, at: number, mark: string): boolean {
  if (at + mark.length > bytes.length) return false;
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark.charCodeAt(i)) return false;
  return true;
}

/** Runs a reader of one format: whatever a damaged file makes it throw becomes one reason. */
export function soundOr<T>(title: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) {
      throw new Error(`a ${title} that is damaged or ends early`);
    }
    throw error;
  }
}

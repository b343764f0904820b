/** What a JPEG file (ITU-T T.81) says of its picture, before anything is decoded. */
import { type Orientation, orientationIn } from "./exif.ts";
import { endOf, segmentsOf } from "./jpeg_segments.ts";

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: colour; 4: inks. */
  readonly num_components: number;
  readonly orientation: Orientation;
}

/** Fewest bits that a picture can take: one for each block of 8 x 8 pixels of a component, so 512 pixels a byte. */
const MOST_PIXELS_PER_BYTE = 1024;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** Whether a file begins as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** Reads the segments up to the frame's. Throws Error with the reason where there is no frame of 8 bits a tone. */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  let orientation: Orientation | null = null;
  for (const { marker, content } of segmentsOf(bytes)) {
    if (isFrame(marker)) return frame(marker, content, orientation ?? 1);
    if (marker === 0xe1 && EXIF.every((byte, i) => content[i] === byte)) {
      orientation ??= orientationIn(content.subarray(EXIF.length));
    }
  }
  throw new Error("a JPEG that ends before its picture begins");
}

/** Throws Error where there is no end mark, or too little before it for so large a picture. */
export function requireWhole(bytes: Uint8Array, { width, height }: JpegHeader): void {
  const claims_too_much = width * height > MOST_PIXELS_PER_BYTE * bytes.length;
  if (claims_too_much || endOf(bytes) < 0) throw new Error("a JPEG that ends early");
}

/** Marks of a frame: SOF0 to SOF15, among which lie DHT, JPG and DAC. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function frame(marker: number, content: Uint8Array, orientation: Orientation): JpegHeader {
  const [precision, high_y, low_y, high_x, low_x, num_components] = content as unknown as number[];
  if (content.length < 6) throw new Error("a JPEG that is damaged");
  if (precision !== 8) throw new Error(`a JPEG of ${precision} bits a tone, not 8`);
  if (marker > 0xc2) {
    throw new Error(`a JPEG of an uncommon kind (${marker < 0xc9 ? "lossless" : "arithmetic coding"})`);
  }
  if (num_components === 4) throw new Error("a JPEG of four inks (CMYK; convert it to RGB)");
  const height = high_y! << 8 | low_y!, width = high_x! << 8 | low_x!;
  if (width === 0 || height === 0 || num_components !== 1 && num_components !== 3) {
    throw new Error("a JPEG that is damaged");
  }
  return { width, height, num_components: num_components!, orientation };
}

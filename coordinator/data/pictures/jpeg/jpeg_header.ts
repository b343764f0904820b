/** Header of a JPEG file (ITU-T T.81), read before anything is decoded. */
import { type Orientation, orientationIn } from "./exif.ts";
import { endOf, segmentsOf } from "./jpeg_segments.ts";

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: colour; 4: inks. */
  readonly num_components: number;
  /** Coded in fractions of bits, in place of whole ones (Huffman). */
  readonly is_arithmetic: boolean;
  /** Possible reason why it cannot be decoded. */
  readonly unusual: string | null;
  readonly orientation: Orientation;
}

/** Frames with arithmetic coding that are decoded: sequential, progressive. */
const ARITHMETIC = [0xc9, 0xca];
const USUAL_SAMPLINGS = ["1x1", "2x1", "1x2", "2x2", "4x1", "1x4"];
/** Fewest bits that a picture of Huffman codes can take: one for each block of 8 x 8 pixels of a component, so 512 pixels a byte. */
const MOST_PIXELS_PER_BYTE = 1024;
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];

/** True if a file begins as a JPEG does. */
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
export function requireWhole(bytes: Uint8Array, { width, height, is_arithmetic }: JpegHeader): void {
  const claims_too_much = !is_arithmetic && width * height > MOST_PIXELS_PER_BYTE * bytes.length;
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
  const is_arithmetic = ARITHMETIC.includes(marker);
  if (marker > 0xc2 && !is_arithmetic) {
    throw new Error("a JPEG of an unsupported kind (lossless or hierarchical)");
  }
  const height = high_y! << 8 | low_y!, width = high_x! << 8 | low_x!;
  if (width === 0 || height === 0 || ![1, 3, 4].includes(num_components!)) {
    throw new Error("a JPEG that is damaged");
  }
  return {
    width,
    height,
    num_components: num_components!,
    is_arithmetic,
    unusual: unusualSampling(content),
    orientation,
  };
}

/** Refused by libjpeg-turbo's simple interface: anything but whole colour, or brightness finer than colour. */
function unusualSampling(content: Uint8Array): string | null {
  const factors = Array.from({ length: content[5]! }, (_, i) => content[7 + 3 * i] ?? 0);
  const texts = factors.map((factor) => `${factor >> 4}x${factor & 15}`);
  const [first, ...others] = texts;
  const is_usual = others.every((other) => other === first) ||
    USUAL_SAMPLINGS.includes(first!) && others.every((other) => other === "1x1");
  return is_usual ? null : `sampling ${texts.join(", ")}`;
}

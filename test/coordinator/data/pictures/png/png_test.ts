/** PNG files of every kind against the samples that were put into them, and damaged and lying ones. */
import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { PictureCodecs } from "../../../../../coordinator/data/pictures/codecs.ts";
import { decodePicture } from "../../../../../coordinator/data/pictures/picture_file.ts";
import { Stream } from "../../../../../random/philox.ts";
import {
  chunk,
  encode,
  fileOf,
  header,
  joined,
  type PngPicture,
  rowsOf,
  SAMPLES_OF,
} from "../../png_writer.ts";

const DEPTHS = [[0, [1, 2, 4, 8, 16]], [2, [8, 16]], [3, [1, 2, 4, 8]], [4, [8, 16]], [6, [8, 16]]] as const;
const SIZES = [[1, 1], [2, 3], [3, 1], [5, 8], [9, 17], [33, 6]] as const;
const SEED = 7;
const jpeg = new PictureCodecs();
const decode = (bytes: Uint8Array) => decodePicture(bytes, jpeg);

function drawn(colour_type: number, depth: number, interlaced: boolean, clear: boolean, counter: number) {
  const random = new Stream({ seed: SEED, purpose: "dataset", counter, shard: depth });
  const below = (limit: number) => Math.floor(limit * random.nextUniform());
  const [width, height] = SIZES[counter % SIZES.length]!;
  const per_pixel = SAMPLES_OF[colour_type]!;
  const num_entries = colour_type === 3 ? Math.max(1, 2 ** depth - 1) : 0;
  const samples = Array.from({ length: width * height * per_pixel }, () => below(num_entries || 2 ** depth));
  const palette = Uint8Array.from({ length: 3 * num_entries }, () => below(256));
  // One of the picture's own colours, so that something is transparent.
  const tone = (c: number) => [samples[c]! >> 8, samples[c]! & 255];
  const transparency = colour_type === 3
    ? Uint8Array.from({ length: 1 + below(num_entries) }, () => below(256))
    : Uint8Array.from(colour_type === 0 ? tone(0) : [tone(0), tone(1), tone(2)].flat());
  const picture: PngPicture = {
    ...{ width, height, depth, colour_type, interlaced, samples },
    ...colour_type === 3 && { palette },
    ...clear && { transparency },
  };
  return { picture, file: encode(picture, random, 1 + below(3)) };
}

/** floor(255 (t a + 1 - a) + 0.5) in whole numbers: tone and alpha are of `white`. */
function onWhite(tone: number, alpha: number, white: number): number {
  const whole = white * white;
  return Math.floor((510 * (tone * alpha + whole - white * alpha) + whole) / (2 * whole));
}

/** Channels first. */
function expected({ colour_type, depth, samples, palette, transparency }: PngPicture): number[] {
  const white = colour_type === 3 ? 255 : 2 ** depth - 1;
  const per_pixel = SAMPLES_OF[colour_type]!;
  const pixels = Array.from({ length: samples.length / per_pixel }, (_, i) => {
    const own = samples.slice(i * per_pixel, (i + 1) * per_pixel);
    if (colour_type === 3) {
      const entry = own[0]!;
      return { tones: [...palette!.subarray(3 * entry, 3 * entry + 3)], alpha: transparency?.[entry] ?? 255 };
    }
    if (colour_type >= 4) return { tones: own.slice(0, -1), alpha: own.at(-1)! };
    const clear = transparency &&
      own.every((tone, c) => tone === transparency[2 * c]! * 256 + transparency[2 * c + 1]!);
    return { tones: own, alpha: clear ? 0 : white };
  });
  return pixels[0]!.tones.flatMap((_, c) =>
    pixels.map(({ tones, alpha }) => onWhite(tones[c]!, alpha, white))
  );
}

for (const [colour_type, depths] of DEPTHS) {
  for (const depth of depths) {
    Deno.test(`PNG of colour type ${colour_type} and ${depth} bits, interlaced or not, with and without tRNS`, async () => {
      let counter = 0;
      for (const interlaced of [false, true]) {
        for (const clear of colour_type < 4 ? [false, true] : [false]) {
          for (let i = 0; i < 2 * SIZES.length; i++) {
            const { picture, file } = drawn(colour_type, depth, interlaced, clear, counter++);
            const { width, height, channels, tones } = await decode(file);
            const what = `seed ${SEED}, counter ${counter - 1}`;
            assert.deepEqual([width, height], [picture.width, picture.height], what);
            assert.equal(channels, colour_type === 0 || colour_type === 4 ? 1 : 3, what);
            assert.deepEqual([...tones], expected(picture), what);
          }
        }
      }
    });
  }
}

const SOUND: PngPicture = {
  ...{ width: 6, height: 5, depth: 8, colour_type: 2, interlaced: false },
  samples: Array.from({ length: 90 }, (_, i) => i * 37 % 256),
};
const random = () => new Stream({ seed: SEED, purpose: "dataset", counter: 99, shard: 0 });
const file = (change: Partial<PngPicture> = {}) => encode({ ...SOUND, ...change }, random());

Deno.test("a PNG that is cut off anywhere is refused, and one with more behind it is not", async () => {
  const whole = file();
  for (let length = 0; length < whole.length; length++) {
    await assert.rejects(decode(whole.subarray(0, length)), Error, `${length} bytes`);
  }
  assert.deepEqual([...(await decode(joined([whole, whole]))).tones], expected(SOUND));
});

Deno.test("a flipped bit anywhere in a PNG's picture is noticed", async () => {
  const whole = file();
  for (let bit = 0; bit < 8 * whole.length; bit += 3) {
    const flipped = whole.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    await assert.rejects(decode(flipped), Error, `bit ${bit}`);
  }
});

Deno.test("a flipped bit in what is transparent is noticed", async () => {
  const whole = file({ transparency: Uint8Array.of(0, 0, 0, 37, 0, 74) });
  assert.equal((await decode(whole)).tones[0], 255);
  // Behind the signature and the header: length, type, six bytes.
  const flipped = whole.slice();
  flipped[8 + 25 + 8]! ^= 1;
  await assert.rejects(decode(flipped), { message: "a PNG that is damaged" });
});

const rows = (height: number) =>
  deflateSync(rowsOf({ ...SOUND, height, samples: Array(18 * height).fill(9) }, () => 0));
const LIES: Readonly<Record<string, [Uint8Array, RegExp]>> = {
  "one row more than its header says": [
    fileOf(header(SOUND), chunk("IDAT", rows(6))),
    /^a PNG that holds more than its header says$/,
  ],
  "gigabytes behind a header of a few pixels": [
    fileOf(
      header(SOUND),
      ...Array.from({ length: 4 }, () => chunk("IDAT", deflateSync(new Uint8Array(3e7)))),
    ),
    /^a PNG that holds more than its header says$/,
  ],
  "one row less": [fileOf(header(SOUND), chunk("IDAT", rows(4))), /^a PNG that ends early$/],
  "a header of 100 megapixels before a few rows": [
    fileOf(header({ ...SOUND, width: 10_000, height: 10_000 }), chunk("IDAT", rows(5))),
    /^a PNG that ends early$/,
  ],
  "more than 100 megapixels": [
    fileOf(header({ ...SOUND, width: 20_000, height: 5_001 }), chunk("IDAT", rows(5))),
    /^a picture of 20000 x 5001, more than 100 megapixels \(make it smaller\)$/,
  ],
  "sides of 4,294,967,295 pixels": [
    fileOf(header({ ...SOUND, width: 0xffff_ffff, height: 0xffff_ffff }), chunk("IDAT", rows(5))),
    /^a picture of 4294967295 x 4294967295, more than 100 megapixels/,
  ],
  "no width": [fileOf(header({ ...SOUND, width: 0 }), chunk("IDAT", rows(5))), /^a PNG that is damaged$/],
  "a depth that its colours cannot have": [
    fileOf(header({ ...SOUND, depth: 4 }), chunk("IDAT", rows(5))),
    /^a PNG that is damaged$/,
  ],
  "no data": [fileOf(header(SOUND)), /^a PNG that is damaged$/],
  "data that are not compressed": [
    fileOf(header(SOUND), chunk("IDAT", new Uint8Array(100))),
    /^a PNG that is damaged$/,
  ],
  "a palette of no colours": [
    fileOf(header({ ...SOUND, colour_type: 3 }), chunk("PLTE", new Uint8Array(0)), chunk("IDAT", rows(5))),
    /^a PNG that is damaged$/,
  ],
  "a colour beyond its palette": [
    encode({ ...SOUND, colour_type: 3, palette: new Uint8Array(9), samples: Array(30).fill(3) }, random()),
    /^a PNG with colour 3 of a palette of 3$/,
  ],
  "a transparent colour of one channel": [
    file({ transparency: Uint8Array.of(0, 1) }),
    /^a PNG that is damaged$/,
  ],
  "a chunk that readers must know": [
    file({ extra: [chunk("ABCD", new Uint8Array(4))] }),
    /^a PNG of an unsupported kind \(with a chunk ABCD\)$/,
  ],
  "Apple's own form": [
    joined([file().subarray(0, 8), chunk("CgBI", new Uint8Array(4)), file().subarray(8)]),
    /^a PNG in Apple's own format/,
  ],
};

for (const [what, [bytes, message]] of Object.entries(LIES)) {
  Deno.test(`a PNG with ${what} is refused at once`, async () => {
    const before = Deno.memoryUsage();
    await assert.rejects(decode(bytes), { message });
    const after = Deno.memoryUsage();
    assert.ok(after.external - before.external < 64e6, `${after.external - before.external} bytes taken`);
  });
}

Deno.test("chunks that readers may pass over are not looked into, however damaged or large", async () => {
  const broken = chunk("iCCP", new TextEncoder().encode("x\0\0no profile"));
  broken[broken.length - 1]! ^= 1;
  const bomb = chunk("iCCP", joined([Uint8Array.of(120, 0, 0), deflateSync(new Uint8Array(5e6))]));
  const text = chunk("zTXt", joined([Uint8Array.of(120, 0, 0), deflateSync(new Uint8Array(5e6))]));
  for (
    const extra of [[broken], [bomb], [text], [
      chunk("gAMA", Uint8Array.of(1)),
      chunk("acTL", new Uint8Array(8)),
    ]]
  ) {
    assert.deepEqual([...(await decode(file({ extra }))).tones], expected(SOUND));
  }
});

Deno.test("a PNG is turned upright as its eXIf chunk says, unless that is damaged", async () => {
  const exif = Uint8Array.of(
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    6,
    0,
    0,
    0,
    0,
    0,
    0,
  );
  const sound = chunk("eXIf", exif);
  const { width, height, tones } = await decode(file({ extra: [sound] }));
  assert.deepEqual([width, height], [5, 6]);
  const before = expected(SOUND);
  // A quarter to the right: the lowest row becomes the left column.
  assert.deepEqual([...tones.subarray(0, 5)], [4, 3, 2, 1, 0].map((row) => before[6 * row]));
  const damaged = sound.slice();
  damaged[30]! ^= 4;
  assert.equal((await decode(file({ extra: [damaged] }))).width, 6);
});

Deno.test("the largest tone of 16 bits is known, alpha aside", async () => {
  const deep = {
    depth: 16,
    colour_type: 4,
    samples: Array.from({ length: 60 }, (_, i) => i % 2 ? 65535 : 70 * i),
  };
  assert.equal((await decode(file(deep))).peak_of_16_bits, 70 * 58);
  assert.equal((await decode(file())).peak_of_16_bits, null);
});

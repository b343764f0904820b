/** Pictures of every kind, as Pillow reads them (scripts/goldens/make_picture_goldens.py); and damaged ones. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PictureCodecs } from "../../../../coordinator/data/pictures/codecs.ts";
import { type Fit, toSquare } from "../../../../coordinator/data/pictures/image.ts";
import { decodePicture, pictureShape } from "../../../../coordinator/data/pictures/picture_file.ts";
import { shaped } from "../../../../coordinator/data/pictures/picture_reader.ts";
import golden from "../goldens/pictures.json" with { type: "json" };

const codecs = new PictureCodecs();

/** Largest difference of a tone, by the file's ending, and what was measured. Lossless kinds: the rounding of alpha. */
const MOST: Readonly<Record<string, number>> = { webp: 1, avif: 3, gif: 0, bmp: 1, tiff: 1, jpg: 3 };

for (const [name, { file, shape, tones }] of Object.entries(golden.pictures)) {
  Deno.test(`picture ${name} has the tones that Pillow reads`, async () => {
    const bytes = Uint8Array.fromBase64(file), right = Uint8Array.fromBase64(tones);
    const found = pictureShape(bytes), picture = await decodePicture(bytes, codecs);
    assert.deepEqual([found.channels, found.height, found.width], shape);
    assert.deepEqual([picture.channels, picture.height, picture.width], shape);
    const off = picture.tones.reduce((most, tone, i) => Math.max(most, Math.abs(tone - right[i]!)), 0);
    assert.ok(off <= MOST[name.split(".").at(-1)!]!, `off by ${off}`);
  });
}

Deno.test("fit: crop, squash and pad are Pillow's boxes", async () => {
  const picture = await decodePicture(Uint8Array.fromBase64(golden.fits.png), codecs);
  for (const fit of ["crop", "squash", "pad"] as const satisfies readonly Fit[]) {
    const right = Uint8Array.fromBase64(golden.fits[fit]);
    const made = shaped(picture, { image_size: 12, channels: null, fit, ground: [10, 200, 30] });
    const off = made.tones.reduce((most, tone, i) => Math.max(most, Math.abs(tone - right[i]!)), 0);
    assert.ok(off <= 1, `${fit}: off by ${off}`);
  }
});

Deno.test("fit: a picture of one row is padded to a square, with the ground's luma where it is grey", () => {
  const line = { channels: 1, height: 1, width: 4, tones: Uint8Array.of(9, 9, 9, 9) } as const;
  const made = shaped(line, { image_size: 4, channels: null, fit: "pad", ground: [255, 0, 0] });
  assert.deepEqual([...made.tones], [76, 76, 76, 76, 9, 9, 9, 9, 76, 76, 76, 76, 76, 76, 76, 76]);
  assert.equal(toSquare(line, 2, "squash").tones.length, 4);
});

Deno.test("ground: what is transparent shows it", async () => {
  const bytes = Uint8Array.fromBase64(golden.pictures["clear.gif"].file);
  const [white, blue] = [await decodePicture(bytes, codecs), await decodePicture(bytes, codecs, [0, 0, 255])];
  const size = white.height * white.width;
  const clear = [...white.tones.keys()].slice(0, size).filter((i) => white.tones[i] !== blue.tones[i]);
  assert.ok(clear.length > 10);
  for (const i of clear) {
    assert.deepEqual([0, 1, 2].map((c) => white.tones[c * size + i]), [255, 255, 255]);
    assert.deepEqual([0, 1, 2].map((c) => blue.tones[c * size + i]), [0, 0, 255]);
  }
});

Deno.test("damaged pictures of every kind are decoded or refused, and never hang or crash", async () => {
  const files = Object.entries(golden.pictures).filter(([name]) => !name.startsWith("turned"));
  const whole = files.map(([, { file }]) => Uint8Array.fromBase64(file));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.array(fc.tuple(fc.nat(1 << 16), fc.nat(255)), { maxLength: 4 }),
      fc.nat(1000),
      async (which, changes, cut) => {
        const bytes = whole[which]!.slice(
          0,
          cut < 500 ? undefined : Math.ceil(whole[which]!.length * cut / 1000),
        );
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          const { channels, height, width, tones } = await decodePicture(bytes, codecs);
          assert.equal(tones.length, channels * height * width);
        } catch (error) {
          // A reason that stands after "found", not the words of a crash.
          assert.match((error as Error).message, /^(an?|no) /);
        }
      },
    ),
    { numRuns: 150 },
  );
});

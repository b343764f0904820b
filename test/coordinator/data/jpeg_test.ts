/** JPEG files against what Pillow reads in them, and damaged, lying and uncommon ones. */
import assert from "node:assert/strict";
import { sha256 } from "../../../common/sha256.ts";
import { PictureCodecs } from "../../../coordinator/data/pictures/codecs.ts";
import { decodePicture } from "../../../coordinator/data/pictures/picture_file.ts";
import goldens from "./goldens/jpegs.json" with { type: "json" };

type Golden = [file: string, shape: number[], sha256: string];
const READ = goldens.read as unknown as Readonly<Record<string, Golden>>;
const jpeg = new PictureCodecs();
const decode = (bytes: Uint8Array) => decodePicture(bytes, jpeg);
const golden = (name: string) => Uint8Array.fromBase64(READ[name]![0]);

Deno.test("JPEGs have the tones that Pillow reads, to the bit", async (test) => {
  for (const [name, [file, shape, hash]] of Object.entries(READ)) {
    await test.step(name, async () => {
      const { channels, height, width, tones } = await decode(Uint8Array.fromBase64(file));
      assert.deepEqual([channels, height, width], shape);
      assert.equal(sha256(Uint8Array.from(tones)), hash);
    });
  }
});

Deno.test("a JPEG that is cut off anywhere is refused", async () => {
  for (const name of ["420", "444-progressive-restart", "grey"]) {
    const whole = golden(name);
    for (let length = 0; length < whole.length; length += 7) {
      await assert.rejects(decode(whole.subarray(0, length)), Error, `${name}, ${length} bytes`);
      // With an end mark, it still has too few pixels; a progressive one may be whole, but coarse.
      const ended = Uint8Array.of(...whole.subarray(0, length), 0xff, 0xd9);
      if (name !== "444-progressive-restart" && length < whole.length - 12) {
        await assert.rejects(decode(ended), Error, `${name}, ${length} bytes, ended`);
      }
    }
  }
});

/** The frame's header with some bytes changed: [marker, length x 2, precision, height x 2, width x 2, components]. */
function reframed(name: string, change: (frame: Uint8Array) => void): Uint8Array {
  const file = golden(name);
  for (let at = 2;; at += 2 + file[at + 2]! * 256 + file[at + 3]!) {
    if (file[at + 1] !== 0xc0 && file[at + 1] !== 0xc2) continue;
    change(file.subarray(at + 1));
    return file;
  }
}

function sized(width: number, height: number): Uint8Array {
  return reframed("420", (frame) => frame.set([height >> 8, height & 255, width >> 8, width & 255], 4));
}

const REFUSED: Readonly<Record<string, [Uint8Array, RegExp]>> = {
  "12 bits a tone": [reframed("420", (frame) => frame[3] = 12), /^a JPEG of 12 bits a tone, not 8$/],
  "colour of an eighth": [
    Uint8Array.fromBase64(goldens["410"]),
    /^a JPEG that is damaged, cut off or of an unsupported kind \(sampling 4x2, 1x1, 1x1\)$/,
  ],
  "no loss": [
    reframed("420", (frame) => frame[0] = 0xc3),
    /^a JPEG of an unsupported kind \(lossless or hierarchical\)$/,
  ],
  "108 megapixels": [
    sized(12_000, 9_000),
    /^a picture of 12000 x 9000, more than 100 megapixels \(make it smaller\)$/,
  ],
  "a header of 99 megapixels before a few bytes": [sized(11_000, 9_000), /^a JPEG that ends early$/],
  "a header of more pixels than it has": [sized(100, 100), /^a JPEG that is damaged, cut off/],
  "a height that comes later": [sized(27, 0), /^a JPEG that is damaged$/],
  "two components": [reframed("420", (frame) => frame[8] = 2), /^a JPEG that is damaged$/],
  "nothing but its beginning": [
    Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
    /^a JPEG that ends before its picture begins$/,
  ],
};

for (const [what, [bytes, message]] of Object.entries(REFUSED)) {
  Deno.test(`a JPEG with ${what} is refused`, async () => {
    await assert.rejects(decode(bytes), { message });
    // The codec goes on.
    assert.equal((await decode(golden("420"))).width, 27);
  });
}

Deno.test("bytes changed in a JPEG give a picture of its size or a refusal, and the codec goes on", async () => {
  const whole = golden("422-restart");
  for (let i = 2; i < whole.length; i += 5) {
    const changed = whole.slice();
    changed[i]! ^= 0xff;
    await decode(changed).then(({ tones, channels, width, height }) => {
      assert.equal(tones.length, channels * width * height);
    }, () => {});
  }
  const [file, , hash] = READ["422"]!;
  const { tones } = await decode(Uint8Array.fromBase64(file));
  assert.equal(sha256(Uint8Array.from(tones)), hash);
});

Deno.test("thousands of failures leave the codec as it was", async () => {
  const whole = golden("9x17");
  const ended = Uint8Array.of(...whole.subarray(0, whole.length - 12), 0xff, 0xd9);
  const codec = new PictureCodecs();
  // Each is tried some thirty times, and each try takes 16 of 65,536 bytes.
  for (let i = 0; i < 200; i++) {
    await assert.rejects(decodePicture(ended, codec), { message: /^a JPEG that is damaged/ });
    const { tones } = await decodePicture(whole, codec);
    assert.equal(sha256(Uint8Array.from(tones)), READ["9x17"]![2], `after ${i + 1}`);
  }
});

Deno.test("files of other kinds are named for what they are", async () => {
  const said = async (text: string) => {
    const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
    return await decode(bytes).then(() => "", (error: Error) => error.message);
  };
  assert.equal(await said("\0\0\0\x20ftypheic\0\0"), "an HEIC picture (convert it to PNG)");
  assert.equal(await said("II*\0\x08\0\0\0"), "a TIFF that is damaged or ends early");
  assert.equal(await said("<!DOCTYPE html><title>404"), "a web page");
  assert.match(await said("version https://git-lfs.github.com/spec/v1\n"), /git lfs pull/);
  assert.equal(await said("hello"), "no known kind of picture");
  assert.equal(await said(""), "an empty file");
});

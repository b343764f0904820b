/** Event files and animations against what TensorBoard's loader and Pillow read in them. */
import assert from "node:assert/strict";
import { sha256 } from "../../../common/sha256.ts";
import { contactSheet, encodeGif, spread } from "../../../pictures/animation.ts";
import { textRaster } from "../../../pictures/font.ts";
import { captioned, stepLabel } from "../../../pictures/label.ts";
import { encodeNpy } from "../../../common/files/npy.ts";
import { decodePng, encodePng } from "../../../pictures/png.ts";
import { blank, type Raster } from "../../../pictures/raster.ts";
import { crc32c, maskedCrc32c } from "../../../common/files/crc32c.ts";
import { readGolden } from "../../goldens/golden.ts";
import { exampleEventFile, exampleEvents, exampleGif, exampleStills, picture } from "./export_example.ts";
import { TIME } from "../log/example_log.ts";

interface GoldenGif {
  readonly sha256: string;
  readonly loop: number;
  readonly frames: { width: number; height: number; duration_ms: number; rgb: string }[];
}
interface Golden {
  readonly event_file: { sha256: string; events: { wall_time: number; step: number; values: unknown[] }[] };
  readonly grey: GoldenGif;
  readonly colour: GoldenGif;
  /** By shape: i / 7 - 1 for i of 0 to 23, as numpy.save writes it. */
  readonly npy: Readonly<Record<string, string>>;
}
const GOLDEN = JSON.parse(new TextDecoder().decode(readGolden("exports.json"))) as Golden;
const REMAKE = "the golden is of other bytes: make it anew with scripts/goldens/make_export_goldens.py";

Deno.test("CRC-32C: the values of RFC 3720, and masked", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.deepEqual(
    [new Uint8Array(32), new Uint8Array(32).fill(0xff), ascending, ascending.toReversed()].map(crc32c),
    [0x8a91_36aa, 0x62a8_ab43, 0x46dd_794e, 0x113f_db5c],
  );
  // (0x8a9136aa rotated right by 15) + 0xa282ead8.
  assert.equal(maskedCrc32c(new Uint8Array(32)), (0x6d55_1522 + 0xa282_ead8) % 2 ** 32);
});

Deno.test("TensorBoard reads in an event file what was put into it", () => {
  assert.equal(sha256(exampleEventFile()), GOLDEN.event_file.sha256, REMAKE);
  const [version, ...events] = GOLDEN.event_file.events;
  assert.deepEqual(version, {
    wall_time: Date.parse(TIME) / 1000,
    step: 0,
    file_version: "brain.Event:2",
    values: [],
  });
  const expected = exampleEvents().map(({ wall_time, step, values }) => ({
    wall_time,
    step,
    file_version: "",
    values: values.map((value) => {
      if ("scalar" in value) return { tag: value.tag, scalar: Math.fround(value.scalar) };
      const { png, ...about } = value;
      return { ...about, png_sha256: sha256(png) };
    }),
  }));
  assert.deepEqual(events, expected);
  const tags = new Set(exampleEvents().flatMap(({ values }) => values.map(({ tag }) => tag)));
  for (const tag of ["wasserstein_estimate/held_out", "samples/grid", "gradients/critic.0.weight"]) {
    assert.ok(tags.has(tag), tag);
  }
  // The last steps came after a resume at 13:00:00.5, 1070 ms after the incarnation's start.
  assert.equal(events.at(-2)!.wall_time, Date.parse("2026-03-01T13:00:00.500Z") / 1000 + 1.07);
});

/** Red, green, blue of every pixel. */
function rgbOf({ channels, data }: Raster): Uint8Array {
  return channels === 3
    ? data
    : Uint8Array.from(data.length === 0 ? [] : [...data].flatMap((v) => [v, v, v]));
}

Deno.test("Pillow sees in an animation the pictures with their steps: grey exactly, colours nearly", () => {
  for (const [name, channels, tolerance] of [["grey", 1, 0], ["colour", 3, 8]] as const) {
    const golden = GOLDEN[name];
    assert.equal(sha256(exampleGif(channels)), golden.sha256, REMAKE);
    assert.equal(golden.loop, 0);
    assert.deepEqual(golden.frames.map(({ duration_ms }) => duration_ms), [120, 120, 2000]);
    const stills = exampleStills(channels);
    golden.frames.forEach(({ width, height, rgb }, i) => {
      const frame = captioned(stills[i]!.picture, stepLabel(stills[i]!.step), stepLabel(123456789));
      assert.deepEqual([width, height], [frame.width, frame.height]);
      const [found, expected] = [Uint8Array.fromBase64(rgb), rgbOf(frame)];
      const worst = expected.reduce((most, tone, at) => Math.max(most, Math.abs(tone - found[at]!)), 0);
      // Colours are told apart to 5 or 6 bits: measured 6.
      assert.ok(worst <= tolerance, `${name}, frame ${i}: ${worst}`);
    });
  }
});

Deno.test("arrays for NumPy are the bytes that NumPy writes", () => {
  const ramp = Float32Array.from({ length: 24 }, (_, i) => Math.fround(i / 7) - 1);
  for (const shape of [[24], [2, 3, 4]]) {
    assert.equal(encodeNpy(ramp, shape).toBase64(), GOLDEN.npy[JSON.stringify(shape)]);
  }
  assert.throws(() => encodeNpy(ramp, [5, 5]), {
    message: "An array of shape [5,5] has another number of values: found 24",
  });
});

Deno.test("labels: each sign of the font is its own, and the text is below the middle of the picture", () => {
  const shapes = [..."0123456789,step "].map((sign) => textRaster(sign).data.join());
  assert.equal(new Set(shapes).size, 16);
  assert.throws(() => textRaster("é"), { message: 'The font must have every sign of a text: found "é"' });
  assert.equal(stepLabel(1234567), "step 1,234,567");
  const whole = captioned(picture(100, 20, 1, 0), "1");
  assert.deepEqual([whole.width, whole.height], [100, 20 + 3 * 7 + 2 * 9]);
  const ink = [...whole.data.subarray(100 * 20).entries()].filter(([, tone]) => tone !== 255);
  const columns = ink.map(([i]) => i % 100);
  assert.ok(Math.min(...columns) >= 42 && Math.max(...columns) <= 57, columns.join());
});

Deno.test("pictures are chosen evenly, first and last among them", () => {
  assert.deepEqual([spread(3, 5), spread(10, 4), spread(9, 1), spread(0, 3)], [
    [0, 1, 2],
    [0, 3, 6, 9],
    [8],
    [],
  ]);
});

Deno.test("a sheet holds the pictures row by row; pictures of two sizes are refused", () => {
  const stills = [1, 2, 3].map((step) => ({ step, picture: blank(60, 4, 1, 10 * step) }));
  const sheet = contactSheet(stills, 2, 5);
  const height = 4 + 7 + 6;
  assert.deepEqual([sheet.width, sheet.height], [2 * 65 + 5, 2 * (height + 5) + 5]);
  const at = (x: number, y: number) => sheet.data[y * sheet.width + x];
  assert.deepEqual([at(5, 5), at(70, 5), at(5, 10 + height), at(70, 10 + height)], [10, 20, 30, 255]);
  const odd = [...stills, { step: 4, picture: blank(61, 4, 1, 0) }];
  const refused = { message: "Pictures must be of one size: found 2 sizes" };
  assert.throws(() => contactSheet(odd, 2), refused);
  assert.throws(() => encodeGif(odd, { delay_ms: 100, last_ms: 100 }), refused);
});

Deno.test("a picture comes back from its PNG; one with transparency is none of ours", () => {
  for (const channels of [1, 3] as const) {
    const raster = picture(7, 5, channels, 3);
    assert.deepEqual(decodePng(encodePng(raster)), raster);
  }
});

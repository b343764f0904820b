import assert from "node:assert/strict";
import { decodeApng } from "fast-png";
import { encodeApng } from "../../pictures/apng.ts";
import { captioned, stepLabel } from "../../pictures/label.ts";
import { picture } from "../runlog/export/export_example.ts";

for (const channels of [1, 3] as const) {
  Deno.test(`an animated PNG shows every frame as it is, for as long as asked: ${channels} channels`, () => {
    const stills = [0, 900, 12_000].map((step, i) => ({ step, picture: picture(60, 40, channels, i) }));
    const bytes = encodeApng(stills, { delay_ms: 120, last_ms: 2000 });
    // The decoder checks every chunk's CRC, but only if it is asked to.
    const { width, height, frames, numberOfFrames, numberOfPlays } = decodeApng(bytes, { checkCrc: true });
    const longest = stepLabel(12_000);
    const expected = stills.map(({ step, picture }) => captioned(picture, stepLabel(step), longest));
    assert.deepEqual([width, height], [expected[0]!.width, expected[0]!.height]);
    assert.deepEqual([numberOfFrames, numberOfPlays], [3, 0]);
    assert.deepEqual(frames.map(({ delayNumber, delayDenominator }) => [delayNumber, delayDenominator]), [
      [120, 1000],
      [120, 1000],
      [2000, 1000],
    ]);
    frames.forEach(({ data }, i) => assert.deepEqual(Uint8Array.from(data), expected[i]!.data));
  });
}

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeSafetensors,
  encodeSafetensors,
  SafetensorsError,
  type SafetensorsTensor,
} from "../../../common/files/safetensors.ts";

/** The tensors that scripts/goldens/make_safetensors_goldens.py writes. */
const MIXED: [string, SafetensorsTensor][] = [
  ["counters", { shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) }],
  ["wide", { shape: [2], data: Float64Array.of(Math.PI, -1e300) }],
  ["empty", { shape: [0, 4], data: new Float32Array(0) }],
  ["scalar", { shape: [], data: Float32Array.of(7.5) }],
  ["weights", { shape: [2, 3], data: Float32Array.of(1.5, -2.25, 0.1, 3e-40, -0, 65504) }],
  ["bytes", { shape: [3], data: Uint8Array.of(0, 127, 255) }],
];

function file(header: string, data_bytes: number, header_bytes?: bigint): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data_bytes);
  new DataView(bytes.buffer).setBigUint64(0, header_bytes ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function entry(dtype: string, shape: unknown, begin: unknown, end: unknown): string {
  return JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
}

Deno.test("safetensors: reads what Hugging Face's package writes", async () => {
  const bytes = await Deno.readFile(new URL("../../goldens/mixed.safetensors", import.meta.url));
  const { tensors, metadata } = decodeSafetensors(bytes);
  assert.deepEqual(tensors, new Map(MIXED));
  assert.deepEqual(metadata, new Map([["format", "np"], ["text", "größer – 1"]]));
});

Deno.test("safetensors: the bytes are exactly these", () => {
  const tensors = new Map<string, SafetensorsTensor>([
    ["b", { shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ["w", { shape: [1, 1], data: Float32Array.of(1) }],
  ]);
  const bytes = encodeSafetensors({ tensors, metadata: new Map([["k", "v"]]) });
  const header = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},' +
    '"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}}';
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const expected = file(padded, 7);
  expected.set([0, 0, 128, 63, 1, 2, 3], 8 + padded.length);
  assert.deepEqual(bytes, expected);
});

Deno.test("safetensors: any tensors survive the round trip, at any alignment of the bytes", () => {
  const data = fc.oneof(
    fc.float32Array({ maxLength: 9 }),
    fc.float64Array({ maxLength: 9 }),
    fc.bigInt64Array({ maxLength: 9 }),
    fc.uint8Array({ maxLength: 9 }),
  );
  const names = fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__");
  const property = fc.property(
    fc.array(fc.tuple(names, data)),
    fc.array(fc.tuple(fc.string(), fc.string())),
    fc.nat(7),
    (arrays, texts, shift) => {
      const tensors = new Map(arrays.map(([name, data]) => [name, { shape: [data.length], data }]));
      const metadata = new Map(texts);
      const encoded = encodeSafetensors({ tensors, metadata });
      const moved = new Uint8Array(encoded.length + shift);
      moved.set(encoded, shift);
      const decoded = decodeSafetensors(moved.subarray(shift));
      assert.deepEqual(decoded, { tensors, metadata });
    },
  );
  fc.assert(property, { seed: 5, numRuns: 60 });
});

Deno.test("safetensors: a damaged file is refused or read whole, never anything else", () => {
  const bytes = encodeSafetensors({ tensors: new Map(MIXED), metadata: new Map([["a", "b"]]) });
  const property = fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(40), (at, value, cut) => {
    const damaged = bytes.slice(0, bytes.length - cut);
    damaged[at] = value;
    try {
      decodeSafetensors(damaged);
    } catch (error) {
      assert.ok(error instanceof SafetensorsError, String(error));
      assert.doesNotMatch(error.message, /\n/);
    }
  });
  fc.assert(property, { seed: 6, numRuns: 600 });
});

const REFUSED: [string, Uint8Array, string][] = [
  ["an empty file", new Uint8Array(0), "the file must be at least 8 bytes, found 0"],
  [
    "a hostile header length",
    file("{}", 0, 2n ** 63n),
    "the header length must be at most 2 bytes, found 9223372036854775808",
  ],
  [
    "a header that is not JSON",
    file("{nope", 0),
    "the header must be JSON in UTF-8, found 5 bytes that are not",
  ],
  ["a header that is no object", file("[1]", 0), "the header must be a JSON object, found [1]"],
  [
    "metadata that is not text",
    file('{"__metadata__":{"a":1}}', 0),
    '__metadata__."a" must be text, found 1',
  ],
  [
    "an unknown dtype",
    file(`{"w":${entry("F16", [1], 0, 2)}}`, 2),
    'dtype of tensor "w" must be one of F64, I64, F32, U8, found "F16"',
  ],
  [
    "a dtype from the prototype",
    file(`{"w":${entry("toString", [1], 0, 2)}}`, 2),
    'dtype of tensor "w" must be one of F64, I64, F32, U8, found "toString"',
  ],
  [
    "a negative extent",
    file(`{"w":${entry("F32", [-1], 0, 4)}}`, 4),
    'shape of tensor "w" must be an array of whole numbers, found [-1]',
  ],
  [
    "a shape that overflows",
    file(`{"w":${entry("U8", [2 ** 52, 2 ** 52], 0, 4)}}`, 4),
    'tensor "w" of shape [4503599627370496,4503599627370496] must be 2.028240960365167e+31 bytes long, found 4',
  ],
  [
    "three offsets",
    file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 2),
    'data_offsets of tensor "w" must be two whole numbers, found [0,1,2]',
  ],
  [
    "an unknown field",
    file('{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":0}}', 1),
    'tensor "w" must be without other fields, found "x"',
  ],
  [
    "overlapping tensors",
    file(`{"a":${entry("U8", [3], 0, 3)},"b":${entry("U8", [2], 2, 4)}}`, 4),
    'the start of tensor "b" must be 3, without gap or overlap, found 2',
  ],
  [
    "a gap",
    file(`{"a":${entry("U8", [1], 0, 1)},"b":${entry("U8", [1], 2, 3)}}`, 3),
    'the start of tensor "b" must be 1, without gap or overlap, found 2',
  ],
  [
    "a truncated file",
    file(`{"a":${entry("U8", [4], 0, 4)}}`, 3),
    "the data must be 4 bytes as in the header, found 3",
  ],
  [
    "leftover bytes",
    file(`{"a":${entry("U8", [4], 0, 4)}}`, 5),
    "the data must be 4 bytes as in the header, found 5",
  ],
];

for (const [what, bytes, message] of REFUSED) {
  Deno.test(`safetensors: refuses ${what}`, () => {
    assert.throws(() => decodeSafetensors(bytes), {
      name: "SafetensorsError",
      message: `Cannot decode safetensors: ${message}`,
    });
  });
}

Deno.test("safetensors: does not write a shape that disagrees with its data, nor a reserved name", () => {
  const encode = (name: string, shape: number[]) => () =>
    encodeSafetensors({
      tensors: new Map([[name, { shape, data: new Uint8Array(3) }]]),
      metadata: new Map(),
    });
  assert.throws(encode("w", [2]), {
    message: "Cannot encode tensor w: its shape [2] must hold as many elements as its data, found 3",
  });
  assert.throws(encode("__metadata__", [3]), {
    message: "Cannot encode tensor __metadata__: this name is reserved, and must be another",
  });
});

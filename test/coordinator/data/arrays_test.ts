/** NumPy's arrays in all the ways in which NumPy writes them: read right, or refused with the line that helps. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { zipOf } from "../../common/files/zip_file.ts";
import { readFile } from "./files.ts";
import { npyOf, type NpyOptions } from "./npy_file.ts";

const TONES = Uint8Array.from({ length: 24 }, (_, i) => i * 11);
const NUMBERS = Float32Array.from({ length: 6 }, (_, i) => i / 4 - 0.5);
const little = (values: Float32Array | Float64Array) => new Uint8Array(values.slice().buffer);
const big = (values: Float32Array) => {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => view.setFloat64(8 * i, value, false));
  return new Uint8Array(view.buffer);
};
const IMAGES = npyOf("|u1", [2, 3, 4], TONES);
const POINTS = npyOf("<f4", [3, 2], little(NUMBERS));
/** An array of [2, 3, 4] with its axes the other way round. */
const turned = TONES.map((_, i) => TONES[(i % 2) * 12 + (Math.floor(i / 2) % 3) * 4 + Math.floor(i / 6)]!);
const header = (descr: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;
const v2 = (text: string): NpyOptions => ({ header: text });

/** Files that hold TONES as [2, 3, 4] or NUMBERS as [3, 2]. */
const RIGHT: Record<string, Uint8Array> = {
  "version 1": IMAGES,
  "version 2": npyOf("|u1", [2, 3, 4], TONES, { version: 2 }),
  "version 3": npyOf("|u1", [2, 3, 4], TONES, { version: 3 }),
  "a long header": npyOf("", [], TONES, v2(header("'|u1'", "(2, 3, 4)") + " ".repeat(9000))),
  "Fortran's order": npyOf("|u1", [2, 3, 4], turned, { fortran: true }),
  "Python 2": npyOf("", [], TONES, v2(header("'|u1'", "(2L, 3L, 4L)"))),
  "Python 2, with unicode": npyOf(
    "",
    [],
    TONES,
    v2(header("u'|u1'", "(2L, 3L, 4L)").replace("'shape'", "u'shape'")),
  ),
  "other quotes and another order": npyOf(
    "",
    [],
    TONES,
    v2('{"shape":(2,3,4),"fortran_order":False,"descr":"|u1"}'),
  ),
  "one channel, last": npyOf("|u1", [2, 3, 4, 1], TONES),
  "one channel, first": npyOf("|u1", [2, 1, 3, 4], TONES),
  "gzip'ed": new Uint8Array(gzipSync(IMAGES)),
  "floats": POINTS,
  "big-endian doubles": npyOf(">f8", [3, 2], big(NUMBERS)),
  "floats of a native order": npyOf("=f4", [3, 2], little(NUMBERS)),
  "doubles in Fortran's order": npyOf(
    "<f8",
    [3, 2],
    little(Float64Array.of(...[0, 2, 4, 1, 3, 5].map((i) => NUMBERS[i]!))),
    { fortran: true },
  ),
};

for (const [what, content] of Object.entries(RIGHT)) {
  Deno.test(`an array is read right: ${what}`, async () => {
    const { error, shape, bytes, values } = await readFile(
      what === "gzip'ed" ? "x.npy.gz" : "x.npy",
      content,
    );
    assert.equal(error, undefined);
    if (values) assert.deepEqual([shape, values], [[3, 2], [...NUMBERS]]);
    else assert.deepEqual([shape, bytes], [[2, 3, 4], TONES]);
  });
}

const NEEDED =
  "images as uint8 of [N, rows, columns], [N, rows, columns, C] or [N, C, rows, columns], or numbers of [N, D] are " +
  "required, found ";
const KEEP_3 = "; or keep the numbers: name the axes, --layout NHW for images, or NTC or NCT for series";
const floats = (...values: number[]) =>
  little(Float32Array.of(...values, ...new Array(8 - values.length).fill(0)));

/** What is said after "Cannot read data file F: ". */
const REFUSED: Record<string, readonly [content: Uint8Array, error: string]> = {
  "cut": [
    IMAGES.slice(0, -5),
    `${IMAGES.length} bytes are required for |u1 of [2,3,4], found ${IMAGES.length - 5}; it is ` +
    "incomplete: download it again",
  ],
  "cut in its header": [
    IMAGES.slice(0, 40),
    `a whole NPY header of ${IMAGES.length - 24} bytes is required, found 40; ` +
    "download it again",
  ],
  "cut in its first bytes": [
    IMAGES.slice(0, 9),
    "an NPY file of version 1 to 3 is required, found other content; save " +
    "it with numpy.save",
  ],
  "cut and gzip'ed": [
    new Uint8Array(gzipSync(IMAGES.slice(0, -5))),
    `${IMAGES.length} bytes are required for |u1 of [2,3,4], found ${IMAGES.length - 5}; it is ` +
    "incomplete: download it again",
  ],
  "two in one file": [
    Uint8Array.of(...IMAGES, ...IMAGES),
    `${IMAGES.length} bytes are required for |u1 of [2,3,4], found ${2 * IMAGES.length}; it ` +
    "has extra bytes: download it again or remove them",
  ],
  "gzip'ed with something behind it": [
    Uint8Array.of(...gzipSync(IMAGES), ...new TextEncoder().encode("garbage")),
    "a whole gzip file is required, found a damaged one, or one with content after its end (incorrect header " +
    "check); download it again, or unpack it yourself with gzip -dc",
  ],
  "of a later version": [
    Uint8Array.of(...IMAGES.slice(0, 6), 4, ...IMAGES.slice(7)),
    "an NPY file of version 1 to 3 is required, found other content; save it with numpy.save",
  ],
  "with a header without end": [
    Uint8Array.of(...npyOf("|u1", [1], TONES, { version: 2 }).slice(0, 8), 255, 255, 255, 255),
    "an NPY header of at most 1048576 bytes is required, found 4294967307; download it again",
  ],
  "of no dimension": [
    npyOf("<f4", [], TONES.slice(0, 4)),
    "at least one example is required, found an array of []",
  ],
  "of no examples": [
    npyOf("|u1", [0, 3, 4], TONES.slice(0, 0)),
    "at least one example is required, found an array of [0,3,4]",
  ],
  "of a length alone": [
    npyOf("<f4", [6], little(NUMBERS)),
    `${NEEDED}<f4 of [6]; give it an axis for examples, e.g. numpy.save("x.npy", x.reshape(-1, D)) for D numbers each`,
  ],
  "of records": [
    npyOf("", [], new Uint8Array(24), v2(header("[('x', '<f4'), ('y', '<f8')]", "(2,)"))),
    `${NEEDED}records of several fields of [2]; save it as a plain array: numpy.save("x.npy", ` +
    'numpy.lib.recfunctions.structured_to_unstructured(x).astype("float32"))',
  ],
  "of truths": [
    npyOf("|b1", [2, 3, 4], TONES.map((tone) => tone & 1)),
    `${NEEDED}|b1 of [2,3,4]: not bytes of 0 to 255; save them with: numpy.save("x.npy", x.astype("uint8") * 255)${KEEP_3}`,
  ],
  "of texts": [
    npyOf("<U2", [3, 1], new Uint8Array(24)),
    `${NEEDED}<U2 of [3,1], which are not numbers; save an array of numbers`,
  ],
  "of complex numbers": [
    npyOf("<c8", [3, 1], new Uint8Array(24)),
    `${NEEDED}<c8 of [3,1]: complex numbers; save their parts: numpy.save("x.npy", numpy.stack([x.real, x.imag], -1))`,
  ],
  "of images laid flat": [
    npyOf("|u1", [6, 4], TONES),
    `${NEEDED}|u1 of [6,4]; save it as images numpy.save("x.npy", x.reshape(-1, 2, 2)), or as points ` +
    'numpy.save("x.npy", x.astype("float32")); or keep the numbers: name the axes, --layout NC for columns or NT ' +
    "for series",
  ],
  "of images of 0 to 1": [
    npyOf("<f4", [2, 2, 2], floats(0.25, 1)),
    `${NEEDED}<f4 of [2,2,2], with values of 0 to 1; images have bytes of 0 to 255: numpy.save("x.npy", (x * ` +
    '255).round().astype("uint8"))' +
    KEEP_3,
  ],
  "of images of -1 to 1": [
    npyOf("<f4", [2, 2, 2], floats(-1, 0.5)),
    `${NEEDED}<f4 of [2,2,2], with values of -1 to 0.5; images have bytes of 0 to 255: numpy.save("x.npy", ((x + 1) ` +
    '* 127.5).round().astype("uint8"))' +
    KEEP_3,
  ],
  "of floats of 0 to 255": [
    npyOf("<f4", [2, 2, 2], floats(17, 255)),
    `${NEEDED}<f4 of [2,2,2], with values of 0 to 255; images have bytes of 0 to 255: numpy.save("x.npy", ` +
    'x.round().astype("uint8"))' +
    KEEP_3,
  ],
  "of floats of any range": [
    npyOf("<f4", [2, 2, 2], floats(-1000, 5)),
    `${NEEDED}<f4 of [2,2,2], with values of -1000 to 5; images have bytes of 0 to 255: numpy.save("x.npy", ((x - ` +
    'x.min()) / (x.max() - x.min()) * 255).round().astype("uint8"))' +
    KEEP_3,
  ],
  "of long tones": [
    npyOf("<i4", [2, 2, 2], new Uint8Array(Int32Array.of(0, 1, 2, 3, 4, 5, 6, 255).buffer)),
    `${NEEDED}<i4 of [2,2,2], with values of 0 to 255; images have bytes of 0 to 255: numpy.save("x.npy", ` +
    'x.astype("uint8"))' +
    KEEP_3,
  ],
  "of five dimensions": [
    npyOf("|u1", [1, 2, 3, 4, 1], TONES),
    `images of 1 or 3 channels, first or last, are required, found uint8 of [1,2,3,4,1]; numpy.save("x.npy", x.reshape(-1, *x.shape[-3:])), or name its axes with --layout`,
  ],
  "of four channels": [
    npyOf("|u1", [3, 2, 1, 4], TONES),
    "images of 1 or 3 channels, first or last, are required, found uint8 of [3,2,1,4]; " +
    'numpy.save("x.npy", x[..., :3]), or name its axes with --layout',
  ],
  "of more than can be held": [
    npyOf("|u1", [202_599, 64, 64, 3], TONES),
    "at most 2147483648 bytes of data are supported, found 2489536512 for |u1 of [202599,64,64,3]; save fewer examples: " +
    'numpy.save("x.npy", x[:174762])',
  ],
  "that has a NaN": [
    npyOf("<f4", [4, 2], floats(0, 0, 0, NaN)),
    "finite numbers in the range of float32 are required, found NaN in row 2, column 2; remove that row",
  ],
};

for (const [what, [content, error]] of Object.entries(REFUSED)) {
  Deno.test(`an array is refused: one ${what}`, async () => {
    const outcome = await readFile(what.includes("gzip") ? "x.npy.gz" : "x.npy", content);
    assert.equal(outcome.error, `Cannot read data file F: ${error}`);
    assert.ok(outcome.is_users);
  });
}

const file = (name: string, content: Uint8Array) => ({ name, content, deflate: true });
const OBJECTS = npyOf("|O", [5, 2], new Uint8Array(30));

Deno.test("an NPZ file is read by the one array that holds examples, and says which it passed over", async () => {
  const labels = npyOf("<i8", [2], new Uint8Array(16));
  const files = [
    file("meta.npy", OBJECTS),
    file("x.npy", IMAGES),
    file("y.npy", labels),
    file("readme.txt", TONES),
  ];
  for (
    const archive of [zipOf(files), zipOf(files.map((one) => ({ ...one, zip64: true, descriptor: true })))]
  ) {
    const { bytes, notes, error } = await readFile("a.npz", archive);
    assert.deepEqual([error, bytes], [undefined, TONES]);
    assert.deepEqual(notes, ["a.npz: the array x is read, not meta, y"]);
    assert.deepEqual((await readFile("a.npz", archive, "#x")).notes, []);
  }
  const broken = zipOf([
    { ...file("meta.npy", OBJECTS), flags: 1 },
    file("x.npy", IMAGES),
    file("n.npy", TONES),
  ]);
  assert.deepEqual((await readFile("a.npz", broken)).notes, ["a.npz: the array x is read, not meta, n"]);
  const both = await readFile("a.npz", zipOf([...files, file("z.npy", POINTS)]));
  assert.match(
    both.error!,
    /one array of examples is required, found x and z; name one of them, for example --data F#x$/,
  );
});

/** Archives, and what is said of them. */
const ARCHIVES: Record<string, readonly [content: Uint8Array, error: RegExp]> = {
  "objects alone": [
    zipOf([file("a.npy", OBJECTS), file("b.npy", npyOf("<f4", [6], little(NUMBERS)))]),
    /an array of numbers with 2 to 4 dimensions is required, found a \(\|O of \[5,2\]\), b \(<f4 of \[6\]\); save the/,
  ],
  "one file": [
    zipOf([file("data.csv", TONES)]),
    /a ZIP archive of other files \(\.csv\); unpack it \(unzip F -d data\)/,
  ],
  "an archive in it": [
    zipOf([file("a.npz", zipOf([file("x.npy", IMAGES)]))]),
    /other files \(\.npz\); unpack it/,
  ],
  "a picture that is none": [
    zipOf([file("d/", TONES), file("d/a.PNG", TONES)]),
    /F#d\/a\.PNG: a whole picture is required, found no known kind of picture;/,
  ],
  "a workbook": [
    zipOf([file("[Content_Types].xml", TONES), file("xl/workbook.xml", TONES)]),
    /found a spreadsheet; save its sheet as CSV$/,
  ],
  "a tensor of PyTorch": [
    zipOf([file("x/data.pkl", TONES)]),
    /a PyTorch file; .*torch\.load\("F"\)\.numpy\(\)\)$/,
  ],
  "nothing": [zipOf([]), /found an empty ZIP archive; download it again$/],
  "an array whose name a terminal would obey": [
    zipOf([file("\x1b[2J.npy", POINTS), file("x.npy", POINTS)]),
    /found \ufffd\[2J and x; name one of them/,
  ],
  "an encrypted array": [
    zipOf([{ ...file("x.npy", IMAGES), flags: 1 }]),
    /x\.npy encrypted; unpack it yourself$/,
  ],
  "an array that claims more than it has": [
    zipOf([{ ...file("x.npy", IMAGES), claimed: IMAGES.length + 9 }]),
    /F#x: \d+ bytes are required for \|u1 of \[2,3,4\], found \d+; it has bytes left over|a damaged one in x\.npy/,
  ],
};

for (const [what, [content, error]] of Object.entries(ARCHIVES)) {
  Deno.test(`an archive is refused: one of ${what}`, async () => {
    const outcome = await readFile("a.npz", content);
    assert.match(outcome.error ?? "", error);
    assert.ok(outcome.is_users);
  });
}

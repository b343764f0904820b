/** Files of data, labels and scalings, damaged, as `--data`, `--labels` and `--scale` take them. */
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { UserError } from "../../common/errors.ts";
import { UNWATCHED } from "../../coordinator/data/data_source.ts";
import { openLabels } from "../../coordinator/data/labels/open_labels.ts";
import { loadData } from "../../coordinator/data/load.ts";
import { AS_IT_IS } from "../../coordinator/data/read_as.ts";
import { readScaling } from "../../coordinator/data/scaling.ts";
import { zipOf } from "../common/files/zip_file.ts";
import { npyOf } from "../coordinator/data/npy_file.ts";
import parquet from "../coordinator/data/goldens/parquet.json" with { type: "json" };
import tars from "../coordinator/data/goldens/tars.json" with { type: "json" };
import type { Chance } from "./chance.ts";
import { mutateBytes } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Share of the files that stay as they are, and have to be read. */
const WHOLE = 0.05;

type Reader = (path: string) => Promise<unknown>;

const text = (content: string) => new TextEncoder().encode(content);
const NUMBERS = new Uint8Array(Float32Array.from({ length: 40 }, (_, i) => i / 8).buffer);
const IMAGES = npyOf("|u1", [10, 4, 4], NUMBERS);
const CLASSES = npyOf(
  "<i8",
  [10],
  new Uint8Array(BigInt64Array.from({ length: 10 }, (_, i) => BigInt(i % 3)).buffer),
);

const reading = { ...UNWATCHED, num_cores: 1 };
const data: Reader = (path) => loadData(path, AS_IT_IS, reading);
const layout: Reader = (path) => loadData(path, { ...AS_IT_IS, layout: "HWN" }, reading);
const labels: Reader = (path) => openLabels(path, "x.npy");
/** The folder in which the file is. */
const folder: Reader = (path) => loadData(path.slice(0, path.lastIndexOf("/")), AS_IT_IS, reading);

const listed: Reader = (path) => openLabels(path, "p", { item_names: ["a/1.png", "a/2.png", "b.png"] });

/** Name, content and reader. */
type DataFile = readonly [name: string, content: Uint8Array, read: Reader];

const FILES: readonly DataFile[] = [
  ["points.npy", npyOf("<f4", [20, 2], NUMBERS), data],
  ["images.npy", IMAGES, layout],
  ["part.npy", IMAGES, folder],
  ["arrays.npz", zipOf([{ name: "x.npy", content: IMAGES, deflate: true }]), data],
  [
    "images-idx3-ubyte.gz",
    new Uint8Array(
      gzipSync(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 5, ...NUMBERS.subarray(40, 80))),
    ),
    data,
  ],
  ["table.csv", text('id,x,y\n1,0.5,1e3\n2,-2.5,"7"\n3,4,5\n'), data],
  ...Object.entries(tars.archives).map(([name, packed]) =>
    [name, new Uint8Array(gunzipSync(Uint8Array.fromBase64(packed))), data] as const
  ),
  ["labels-idx1-ubyte", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 1), labels],
  ["labels.npy", CLASSES, labels],
  ["labels.npz", zipOf([{ name: "y.npy", content: CLASSES, deflate: true }]), labels],
  ["dataset.json", text('{"labels":[["a/1.png",0],["a/2.png",2],["b.png",0]]}'), listed],
  ["words.csv", text('kind,size\nred,0.5\n"blue",3\nred,1e2\n'), data],
  ["data_batch_1.bin", Uint8Array.from({ length: 2 * 3073 }, (_, i) => i % 3073 === 0 ? 7 : i % 251), data],
  ["scale.json", text('{"offset":[0.5,-2],"factor":[1e-3,255]}'), readScaling],
];

/** A thread reads each, which takes some time to start. */
const TABLES: readonly DataFile[] = [
  ...Object.entries(parquet.words.files).map(([name, content]) =>
    [`${name.replaceAll(/\W+/g, "-")}.parquet`, Uint8Array.fromBase64(content), data] as const
  ),
  ["numbers.parquet", Uint8Array.fromBase64(parquet.numbers.file), data],
];

export class DataTarget implements Target {
  readonly name: string;
  readonly #folder: string;
  readonly #files: readonly DataFile[];

  private constructor(name: string, folder: string, files: readonly DataFile[]) {
    this.name = name;
    this.#folder = folder;
    this.#files = files;
  }

  /** `folder` is the target's own. */
  static files(folder: string): DataTarget {
    return new DataTarget("data", folder, FILES);
  }

  /** Of Parquet. `folder` is the target's own. */
  static tables(folder: string): DataTarget {
    return new DataTarget("parquet", folder, TABLES);
  }

  async attempt(chance: Chance): Promise<string> {
    const [name, content, read] = chance.of(this.#files);
    const place = join(this.#folder, name.replaceAll(".", "-"));
    await Deno.mkdir(place, { recursive: true });
    const path = join(place, name);
    const is_whole = chance.is(WHOLE);
    await Deno.writeFile(path, is_whole ? content : mutateBytes(content, chance));
    try {
      await read(path);
      return `${name} read`;
    } catch (error) {
      if (is_whole || !(error instanceof UserError) || error.message.includes("\n")) throw error;
      return `${name} refused`;
    }
  }
}

/** Data that a person named, before they are read: what is known of them at once, so that options can be checked. */
import type { CacheFolder } from "./cache/cache_folder.ts";
import type { DataSet } from "./data_set.ts";
import type { LabelList } from "./pictures/collection.ts";

/** How reading is watched, and by whom. */
export interface Reading {
  /** A line for a person. */
  readonly say: (line: string) => void;
  /** `done` of `total` things are read: pictures, unless `thing` says what. */
  readonly progress: (done: number, total: number, thing?: string) => void;
  /** Threads that may be used at most. */
  readonly num_cores: number;
  /** Where decoded pictures are kept for later runs; absent: nowhere. */
  readonly cache?: CacheFolder | null;
  /** Pictures of more bytes once decoded stay in a file of the cache; absent: `MOST_IN_MEMORY`. */
  readonly most_in_memory?: number;
}

/** Nobody watches. */
export const UNWATCHED: Reading = {
  say: () => {},
  progress: () => {},
  num_cores: navigator.hardwareConcurrency,
};

export interface DataSource
  extends
    Pick<DataSet, "name" | "num_examples" | "example_shape" | "encoding" | "axes" | "labels" | "table"> {
  /** Of pictures: paths within their folder or archive, in the order of the examples. */
  readonly item_names?: readonly string[];
  /** Of pictures: the list of labels that lies beside them. */
  readonly label_list?: LabelList;
  /** Reads them whole. Throws UserError for what is wrong with them. */
  read(): Promise<DataSet>;
}

/** Data that are in memory already. */
export function sourceOf(data: DataSet): DataSource {
  const { name, num_examples, example_shape, encoding, axes, labels, table } = data;
  const form = { name, num_examples, example_shape, encoding, ...axes !== undefined && { axes } };
  return { ...form, ...labels && { labels }, ...table && { table }, read: () => Promise.resolve(data) };
}

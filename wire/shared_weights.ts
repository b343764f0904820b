/**
 * The weights as workers on the coordinator's machine find them: one file, in which each network has its place.
 *
 * They change where they lie, and nothing says so but the work that names them. That needs neither lock nor tag: they
 * change only when a round is complete, so who computes with a mixture is late, and a late result is refused.
 */
import { pagesFor } from "../common/files/mapped_file.ts";
import { createFile, readAt, writeAt } from "./shared_file.ts";

/** Properties of both networks. */
export interface OfNetworks<T> {
  readonly critic: T;
  readonly generator: T;
}

/** Offset of each network's weights; each has whole pages to itself. */
export function weightsOffsets({ critic }: OfNetworks<number>): OfNetworks<number> {
  return { critic: 0, generator: pagesFor(4 * critic) };
}

/** The coordinator's side. */
export class WeightsWriter implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #offsets: OfNetworks<number>;

  private constructor(file: Deno.FsFile, offsets: OfNetworks<number>) {
    this.#file = file;
    this.#offsets = offsets;
  }

  /** Makes the file, readable by its owner alone. Throws where there is no room. */
  static create(path: string, sizes: OfNetworks<number>): WeightsWriter {
    const offsets = weightsOffsets(sizes);
    return new WeightsWriter(createFile(path, offsets.generator + pagesFor(4 * sizes.generator)), offsets);
  }

  write(network: keyof OfNetworks<unknown>, weights: Uint8Array): void {
    writeAt(this.#file, this.#offsets[network], weights);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Fills `into` with the weights that lie at an offset now. Throws where the file ends before. */
export function readWeights(file: Deno.FsFile, offset: number, into: Uint8Array): void {
  if (!readAt(file, offset, into)) {
    throw new Error("The shared file of weights must contain both networks: it is too short");
  }
}

/** Layouts of flat buffers: which tensor lies where in the one Float32Array that holds a network's state. */
import type { NetworkName } from "../common/network_name.ts";
import type { Layout, Manifest, Slot } from "./manifest.ts";
import { numElements } from "../common/shape.ts";

/** A tensor before it has a place. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Lays tensors out one after another, in the order given, without gaps. */
export function buildLayout(tensors: readonly NamedShape[]): Layout {
  const slots: Slot[] = [];
  let size = 0;
  for (const { name, shape } of tensors) {
    slots.push({ name, shape, offset: size });
    size += numElements(shape);
  }
  return { size, slots };
}

/** The beginning of a network's layout that gradients train: without the vectors of spectral norms. */
export function trainedLayout(
  { layouts, spectral_norm = [] }: Pick<Manifest, "layouts" | "spectral_norm">,
  network: NetworkName,
): Layout {
  const { slots } = layouts[network];
  return buildLayout(network === "critic" ? slots.slice(0, slots.length - 2 * spectral_norm.length) : slots);
}

/**
 * The tensors of a flat buffer by name, as views that share its memory.
 * @throws {RangeError} where the buffer is not as long as the layout says.
 */
export function views(layout: Layout, buffer: Float32Array): Map<string, Float32Array> {
  if (buffer.length !== layout.size) {
    throw new RangeError(
      `Cannot view a flat buffer: its length must be ${layout.size} elements, found ${buffer.length}`,
    );
  }
  return new Map(
    layout.slots.map(({ name, shape, offset }) => [
      name,
      buffer.subarray(offset, offset + numElements(shape)),
    ]),
  );
}

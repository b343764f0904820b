/** Initial weights as a file: what a run of networks from files begins with, also when it is resumed from the start. */
import type { InitialState } from "./initialise.ts";
import { buildLayout, views } from "./layout.ts";
import { type Manifest, STATES } from "./manifest.ts";
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from "../common/files/safetensors.ts";

/** The state under the tensors' names, as safetensors. */
export function encodeInitial({ layouts }: Manifest, state: InitialState, seed: number): Uint8Array {
  const tensors = new Map<string, SafetensorsTensor>();
  for (const name of STATES) {
    const data = views(layouts[name], state[name]);
    for (const { name: tensor, shape } of layouts[name].slots) {
      tensors.set(tensor, { shape, data: data.get(tensor)! });
    }
  }
  return encodeSafetensors({
    tensors,
    metadata: new Map([["format", "wagon-initial"], ["seed", `${seed}`]]),
  });
}

/** Reads what {@linkcode encodeInitial} wrote for this manifest. @throws {RangeError} where a tensor is not its own. */
export function decodeInitial({ layouts }: Manifest, bytes: Uint8Array): InitialState {
  const { tensors } = decodeSafetensors(bytes);
  const read = (name: typeof STATES[number]) => {
    const layout = buildLayout(layouts[name].slots), buffer = new Float32Array(layout.size);
    for (const [slot, view] of views(layout, buffer)) {
      const found = tensors.get(slot);
      if (found?.data.length !== view.length || !(found.data instanceof Float32Array)) {
        throw new RangeError(
          `Cannot read initial weights: ${slot} must have ${view.length} elements, found ` +
            `${found?.data.length ?? "no such tensor"}`,
        );
      }
      view.set(found.data);
    }
    return buffer;
  };
  return { critic: read("critic"), generator: read("generator"), statistics: read("statistics") };
}

/** The generator in the browser: ONNX Runtime's WebAssembly build, one thread, so that any host will do. */
import * as ort from "onnxruntime-web/wasm";
import { FILES } from "./about.ts";

/** Samples of one call: as `deno task sample` draws them. */
const ROWS = 64;

/** The bytes that lie in the page under this name, packed; else those of the file beside the page. */
async function load(file: string): Promise<ArrayBuffer> {
  const inside = document.getElementById(file);
  if (inside) {
    const packed = Uint8Array.from(atob(inside.textContent.trim()), (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await new Response(stream).arrayBuffer();
  }
  const response = await fetch(new URL(file, document.baseURI));
  if (!response.ok) {
    throw new Error(
      `Cannot load ${file}: it must be in the folder of this page, found status ${response.status}`,
    );
  }
  return await response.arrayBuffer();
}

/**
 * Draws samples from noise vectors of `latent` numbers, one after the other. `labels`: the number of the class of each; empty
 * where the generator takes none.
 */
export type Draw = (noise: Float32Array, labels: readonly number[]) => Promise<Float32Array<ArrayBuffer>>;

/** Loads runtime and generator. `size`: values of one sample. */
export async function openGenerator(latent: number, size: number): Promise<Draw> {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = await load(FILES.runtime);
  const session = await ort.InferenceSession.create(await load(FILES.generator), {
    executionProviders: ["wasm"],
  });
  return async (noise, labels) => {
    const count = noise.length / latent;
    const samples = new Float32Array(count * size);
    for (let begin = 0; begin < count; begin += ROWS) {
      const rows = noise.slice(begin * latent, Math.min(count, begin + ROWS) * latent);
      const tensor = new ort.Tensor("float32", rows, [rows.length / latent, latent]);
      const classes = BigInt64Array.from(labels.slice(begin, begin + ROWS), BigInt);
      const label = labels.length > 0 && { label: new ort.Tensor("int64", classes, [classes.length]) };
      const outputs = await session.run({ noise: tensor, ...label });
      samples.set(outputs.samples!.data as Float32Array, begin * size);
    }
    return samples;
  };
}

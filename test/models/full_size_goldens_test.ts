/**
 * Full-size networks in onnxruntime-node, float32, against PyTorch: wagon must be no further from PyTorch's float64
 * than four times PyTorch's own float32 is.
 */
import assert from "node:assert/strict";
import { readTrainingGolden } from "../goldens/golden.ts";
import { norm } from "./norm.ts";
import { prepareInOrt } from "./onnx_runtime.ts";
import { type FloatArray, pairOf, prepareGraphs, train } from "./wgan_training.ts";

const ALLOWED = 4;
const ENTRIES = 32;

/**
 * PyTorch's own distances. That of the norm may be small by chance, where errors cancel: but it is never more than
 * the norm of all errors, which the entries tell.
 */
function ownDistances([of_norm, of_entries]: readonly [number, number], size: number): [number, number] {
  return [Math.max(of_norm, of_entries * Math.sqrt(size / Math.min(ENTRIES, size))), of_entries];
}

/** The norm, then entries evenly apart, as the script that made the golden takes them. */
function digest(values: FloatArray): number[] {
  const count = Math.min(ENTRIES, values.length);
  const entries = Array.from({ length: count }, (_, k) => values[Math.floor(k * values.length / count)]!);
  return [norm(values), ...entries];
}

/** Distance of the norm and of the entries; of losses, both of the whole. */
function distances(name: string, found: readonly number[], exact: readonly number[]): [number, number] {
  const difference = found.map((value, i) => value - exact[i]!);
  if (name === "losses") return [norm(difference), norm(difference)];
  return [Math.abs(difference[0]!), norm(difference.slice(1))];
}

/** Measured: at most so many times. */
const FULL_SIZE: readonly [file: string, measured: number][] = [
  ["wgan_full.safetensors", 1.62],
  ["gan_full.safetensors", 1.3],
  ["wgan_dcgan_full.safetensors", 1.43],
  ["wgan_gp_full.safetensors", 0.92],
];

for (const [file] of FULL_SIZE) {
  Deno.test(`goldens: training in ONNX Runtime stays as near to PyTorch as PyTorch to itself: ${file}`, async () => {
    const { settings, results } = readTrainingGolden(file);
    const pair = pairOf(settings, "float32");
    const trained = await train(settings, pair, await prepareGraphs(pair, prepareInOrt));
    const names = [...results.keys()].filter((name) => !name.startsWith("float32."));
    assert.deepEqual([...trained.keys()].sort(), names.toSorted());
    for (const name of names) {
      const values = trained.get(name)!;
      const ours = distances(name, name === "losses" ? [...values] : digest(values), [...results.get(name)!]);
      const [of_norm, of_entries] = results.get(`float32.${name}`)!;
      const torch = ownDistances([of_norm!, of_entries!], values.length);
      ours.forEach((far, i) => {
        const bound = `${name} is ${far} from PyTorch in float64; PyTorch in float32 is ${torch[i]}`;
        assert.ok(far <= ALLOWED * torch[i]!, bound);
      });
    }
  });
}

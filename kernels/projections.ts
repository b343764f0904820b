/** Projections of vectors on directions, in float64, by four SIMD sums each. */
import { Kernels } from "./kernels.ts";

const FLOAT_BYTES = 4;
const DOUBLE_FLOATS = 2;
/** Directions that a pass over the vectors takes at once. */
const AT_ONCE = 4;
/** Vectors are copied into the kernels' memory in pieces of so many floats, or of one vector. */
const PIECE_FLOATS = 1 << 20;

/**
 * The dot products of vectors of `directions[i].length` elements, which lie one after the other, with each of the
 * directions: for each direction one number a vector, in float32.
 *
 * A sum is that of elements 0, 4, 8, ..., then 1, 5, 9, ... and so on as (s0 + s1) + (s2 + s3), in float64; elements behind
 * the last whole four belong to s0. The order is fixed, and so are the bits.
 */
export function project(vectors: Float32Array, directions: readonly Float64Array[]): Float32Array[] {
  const dimension = directions[0]?.length ?? 1;
  const count = vectors.length / dimension;
  const in_piece = Math.min(count, Math.max(1, Math.floor(PIECE_FLOATS / dimension)));
  const sizes = [in_piece * dimension, AT_ONCE * dimension * DOUBLE_FLOATS, AT_ONCE * in_piece] as const;
  const kernels = Kernels.create(sizes.reduce((sum, size) => sum + (size + 16) * FLOAT_BYTES, 0));
  const [x, u, found] = sizes.map((size) => kernels.allocate(size));
  const units = new Float64Array(u!.buffer, u!.byteOffset, AT_ONCE * dimension);
  const out = directions.map(() => new Float32Array(count));
  for (let begin = 0; begin < count; begin += in_piece) {
    const here = Math.min(in_piece, count - begin);
    x!.set(vectors.subarray(begin * dimension, (begin + here) * dimension));
    for (let first = 0; first < directions.length; first += AT_ONCE) {
      const four = directions.slice(first, first + AT_ONCE);
      four.forEach((direction, i) => units.set(direction, i * dimension));
      kernels.exports.projectOnFour(found!.byteOffset, x!.byteOffset, u!.byteOffset, dimension, here);
      four.forEach((_, i) => out[first + i]!.set(found!.subarray(i * here, (i + 1) * here), begin));
    }
  }
  return out;
}

/** How far two results of one graph are apart. */
import assert from "node:assert/strict";
import type { RefTensor } from "./ref_tensor.ts";

/** The largest difference over the largest element of what is expected. Types must be equal. */
export function relativeDifference(expected: RefTensor, found: RefTensor): number {
  assert.deepEqual([found.element, found.shape], [expected.element, expected.shape]);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  return expected.data.reduce((most, value, i) => Math.max(most, Math.abs(value - found.data[i]!)), 0) /
    largest;
}

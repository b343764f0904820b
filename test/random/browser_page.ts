/**
 * The browser's part of scripts/check_random_browser.ts: computes the byte vectors there and writes a
 * {@linkcode BrowserReport} into the page.
 */
import { drawStrokes } from "../../coordinator/data/strokes.ts";
import { drawToy, TOY_NAMES } from "../../coordinator/data/toy.ts";
import { fillNormal, fillUniform, permutation, type Purpose, Stream } from "../../random/philox.ts";
import built_in from "../coordinator/data/goldens/built_in.json" with { type: "json" };
import streams from "./goldens/streams.json" with { type: "json" };
import { hexOf } from "./hex.ts";

export interface BrowserReport {
  readonly engine: string;
  /** Names of the byte vectors that hold, and of those that do not. */
  readonly same: readonly string[];
  readonly different: readonly string[];
}

const vectors: { name: string; found: string; expected: string }[] = [];
for (const golden of streams) {
  const key = { ...golden.key, purpose: golden.key.purpose as Purpose };
  const add = (name: keyof typeof golden & string, values: ArrayBufferView<ArrayBuffer>) =>
    vectors.push({ name: `${name} of ${key.purpose}`, found: hexOf(values), expected: String(golden[name]) });
  const words = new Stream(key), uniforms = new Stream(key);
  const normals = new Float32Array(512), uniform = new Float32Array(64);
  fillNormal(normals, key);
  fillUniform(uniform, key, -0.05, 0.05);
  add("words", Uint32Array.from({ length: 32 }, () => words.nextUint32()));
  add("uniforms", Float64Array.from({ length: 16 }, () => uniforms.nextUniform()));
  add("normals", normals);
  add("fill_uniform", uniform);
  add("permutation", permutation(100, key));
}
for (const name of TOY_NAMES) {
  vectors.push({ name, found: hexOf(drawToy(name, 7, 60).bytes), expected: built_in[name] });
}
vectors.push({ name: "strokes", found: hexOf(drawStrokes(7, 30).bytes), expected: built_in.strokes });

const names = (same: boolean) =>
  vectors.filter(({ found, expected }) => (found === expected) === same).map(({ name }) => name);
const report: BrowserReport = { engine: navigator.userAgent, same: names(true), different: names(false) };
document.body.textContent = `REPORT ${JSON.stringify(report)} END`;

/**
 * Attention and normalisations of opset 23. Legend of shapes: N batch, A heads, L queries, S keys, E numbers of a head.
 * Source: ONNX operators Attention 23, RMSNormalization 23 and RotaryEmbedding 23.
 */
import type { Value } from "../../../onnx/builder.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import type { Known } from "../known.ts";
import type { Lowerings, LoweringSite } from "./lowering.ts";

/** [N, L, A E] as [N, A, L, E]; [N, A, L, E] as it is. */
function inHeads(n: LoweringSite, index: number, heads: string): Value {
  const x = n.x(index), { shape } = x.type;
  if (shape.length === 4) return x;
  if (shape.length !== 3) n.fail(`its input ${index} must have rank 3 or 4: found ${shape.length}`);
  const count = n.int(heads, 0);
  if (count < 1) n.fail(`its attribute ${heads} must be present, because its inputs have rank 3`);
  const each = n.extent(x, 2) / count;
  if (!Number.isInteger(each)) n.fail(`its attribute ${heads} must divide ${n.extent(x, 2)}: found ${count}`);
  const parted = n.op("Reshape", [x, n.intVector([0, 0, count, each])]);
  return n.transpose(parted, [0, 2, 1, 3]);
}

/** Each head of keys or values as often as several heads of queries share it. */
function repeated(n: LoweringSite, x: Value, heads: number): Value {
  const own = n.extent(x, 1), times = heads / own;
  if (times === 1) return x;
  if (!Number.isInteger(times)) {
    n.fail(`the number of query heads must be a multiple of the ${own} key and value heads: found ${heads}`);
  }
  const wide = n.op("Expand", [n.unsqueeze(x, 2), n.intVector([1, 1, times, 1, 1])]);
  return n.op("Reshape", [wide, n.intVector([0, heads, n.extent(x, 2), n.extent(x, 3)])]);
}

/** -Infinity where `kept` does not hold. */
function masked(n: LoweringSite, scores: Value, kept: Value): Value {
  return n.where(kept, scores, n.number(-Infinity));
}

/** Keys up to the query's own place. */
function causal(n: LoweringSite, scores: Value): Value {
  const rows = n.extent(scores, 2), columns = n.extent(scores, 3);
  const kept = Array.from(
    { length: rows * columns },
    (_, at) => Number(at % columns <= Math.floor(at / columns)),
  );
  return masked(n, scores, n.constant(tensorOf("bool", [rows, columns], kept)));
}

function checkAttention(n: LoweringSite): void {
  if (n.has(4) || n.has(5) || n.has(6)) {
    n.fail("its past keys and values must be absent; export it without a cache");
  }
  if (n.node.outputs.slice(1).some((name) => name !== "")) {
    n.fail("it must have one output; export it without present keys and values");
  }
  const softcap = n.float("softcap", 0);
  if (softcap !== 0) {
    n.fail(`its softcap must be 0: found ${softcap}; write the attention with MatMul and Softmax`);
  }
}

/** softmax(q k^T scale + mask) v */
function attention(n: LoweringSite): readonly Known[] {
  checkAttention(n);
  const q = inHeads(n, 0, "q_num_heads"), heads = n.extent(q, 1);
  const k = repeated(n, inHeads(n, 1, "kv_num_heads"), heads);
  const v = repeated(n, inHeads(n, 2, "kv_num_heads"), heads);
  const scale = n.float("scale", 0) || 1 / Math.sqrt(n.extent(q, 3));
  const scaled = n.mul(q, n.number(scale));
  let scores = n.op("MatMul", [scaled, n.op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
  if (n.has(3)) {
    const mask = n.x(3);
    scores = mask.type.element === "bool" ? masked(n, scores, mask) : n.add(scores, mask);
  }
  if (n.int("is_causal", 0) !== 0) scores = causal(n, scores);
  const y = n.op("MatMul", [n.op("Softmax", [scores], { axis: -1 }), v]);
  if (n.shapeAt(0).length === 4) return [{ value: y }];
  const width = heads * n.extent(v, 3);
  return [{ value: n.op("Reshape", [n.transpose(y, [0, 2, 1, 3]), n.intVector([0, 0, width])]) }];
}

/** x scale / sqrt(mean of x^2 + epsilon), the mean over the axes from `axis` on */
function rmsNormalization(n: LoweringSite): readonly Known[] {
  const x = n.x(0), rank = x.type.shape.length, given = n.int("axis", -1);
  const first = n.axisOf(given, rank);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const mean = n.mean(n.mul(x, x), axes, true);
  const root = n.op("Sqrt", [n.add(mean, n.number(n.float("epsilon", 1e-5)))]);
  return [{ value: n.mul(n.mul(x, n.op("Reciprocal", [root])), n.x(1)) }];
}

export const ATTENTION_LOWERINGS = {
  Attention: attention,
  RMSNormalization: rmsNormalization,
} satisfies Lowerings;

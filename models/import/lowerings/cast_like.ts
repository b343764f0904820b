/** CastLike, which takes its element type from another value. */
import type { Node } from "../../../onnx/graph.ts";
import { elementCode } from "../../../onnx/tensor.ts";
import type { Known } from "../known.ts";

/** CastLike as a Cast: the element type that its second input shows is known here. */
export function asCast(node: Node, { value, tensor, constant }: Known): Node {
  const element = value?.type.element ?? tensor?.element ?? constant!.element;
  const to = { kind: "int", value: elementCode(element) } as const;
  return { ...node, op: "Cast", inputs: node.inputs.slice(0, 1), attributes: { to } };
}

/** Attributes of a node by their names and kinds. */
import type { Attribute, Node } from "./graph.ts";

type Values = { readonly [A in Attribute as A["kind"]]: A["value"] };

/** The value of an attribute; undefined where there is none of this name and kind. */
export function attributeOf<K extends keyof Values>(
  attributes: Node["attributes"],
  name: string,
  kind: K,
): Values[K] | undefined {
  const attribute = attributes[name];
  return attribute?.kind === kind ? attribute.value as Values[K] : undefined;
}

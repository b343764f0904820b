/** Kinds of examples as people see them; the kind decides how they are drawn. */

export type ExampleKind = "images" | "points" | "series" | "table";

/** `columns`: names of the columns of a table; left out for data of any other kind. `axes`: as --layout named them. */
export function exampleKind(
  { example_shape, columns, axes }: {
    readonly example_shape: readonly number[];
    readonly columns?: readonly string[] | undefined;
    readonly axes?: string | undefined;
  },
): ExampleKind {
  if (axes?.includes("T")) return "series";
  if (example_shape.length !== 1) return "images";
  if (columns !== undefined) return "table";
  return example_shape[0] === 2 ? "points" : "series";
}

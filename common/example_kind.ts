/** Kinds of examples as people see them; the kind decides how they are drawn. */

export type ExampleKind = "images" | "points" | "series" | "table";

/** `columns`: names of the columns of a table; left out for data of any other kind. */
export function exampleKind(
  { example_shape, columns }: {
    readonly example_shape: readonly number[];
    readonly columns?: readonly string[] | undefined;
  },
): ExampleKind {
  if (example_shape.length !== 1) return "images";
  if (columns !== undefined) return "table";
  return example_shape[0] === 2 ? "points" : "series";
}

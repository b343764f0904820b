/** Operators that take elements by index, and their opposites that put elements by index. */
import type { Shape, TensorType } from "../graph.ts";
import { formatShape, sameShape } from "../dims.ts";
import type { Operator, Site } from "../operator.ts";
import { ALL, INDICES } from "../element_sets.ts";

const REDUCTIONS = ["none", "add", "mul", "max", "min"];

/** The axis of GatherElements and ScatterElements; indices may be shorter along every other axis. */
function elementsAxis(site: Site): void {
  const shape = site.shape(0), indices = site.typeIn(1, INDICES).shape;
  const axis = site.axis(site.int("axis", 0), shape.length);
  const fits = indices.length === shape.length &&
    indices.every((dim, at) =>
      at === axis || dim === shape[at] ||
      (typeof dim === "number" && typeof shape[at] === "number" && dim <= shape[at])
    );
  if (!fits) {
    site.fail(
      `indices must have the shape ${formatShape(shape)}, except on axis ${axis}: found ${
        formatShape(indices)
      }`,
    );
  }
}

function inferGatherElements(site: Site): readonly TensorType[] {
  elementsAxis(site);
  return [{ element: site.type(0).element, shape: site.shape(1) }];
}

/** Elements that each row of indices selects: the axes of data after the indexed ones. */
function pointedAt(site: Site, batch_dims: number): Shape {
  const shape = site.shape(0), indices = site.typeIn(1, ["int64"]).shape;
  const depth = indices.at(-1);
  if (typeof depth !== "number" || depth < 1 || depth > shape.length - batch_dims) {
    return site.fail(
      `the last axis of indices must have size 1 to ${shape.length - batch_dims}: found ${depth}`,
    );
  }
  return shape.slice(batch_dims + depth);
}

function inferGatherND(site: Site): readonly TensorType[] {
  const { element, shape } = site.type(0);
  const batch_dims = site.int("batch_dims", 0), indices = site.shape(1);
  const isBatch = batch_dims >= 0 && batch_dims < Math.min(shape.length, indices.length) &&
    sameShape(shape.slice(0, batch_dims), indices.slice(0, batch_dims));
  if (!isBatch) site.fail(`the first ${batch_dims} axes of data and indices must be equal`);
  return [{ element, shape: [...indices.slice(0, -1), ...pointedAt(site, batch_dims)] }];
}

function scattered(site: Site, updates: Shape): readonly TensorType[] {
  const element = site.commonElement(ALL, [0, 2].values());
  if (!sameShape(site.shape(2), updates)) {
    site.fail(`updates must have shape ${formatShape(updates)}: found ${formatShape(site.shape(2))}`);
  }
  const reduction = site.string("reduction") ?? "none";
  if (!REDUCTIONS.includes(reduction)) {
    site.fail(`attribute reduction must be ${REDUCTIONS.join(", ")}: found ${reduction}`);
  }
  return [{ element, shape: site.shape(0) }];
}

function inferScatterElements(site: Site): readonly TensorType[] {
  elementsAxis(site);
  return scattered(site, site.shape(1));
}

function inferScatterND(site: Site): readonly TensorType[] {
  const rows = pointedAt(site, 0);
  return scattered(site, [...site.shape(1).slice(0, -1), ...rows]);
}

export const GATHERING = {
  GatherElements: {
    inputs: [2, 2],
    outputs: [1, 1],
    attributes: { axis: "int" },
    infer: inferGatherElements,
  },
  GatherND: { inputs: [2, 2], outputs: [1, 1], attributes: { batch_dims: "int" }, infer: inferGatherND },
  /** Inputs data, indices, updates. */
  ScatterElements: {
    inputs: [3, 3],
    outputs: [1, 1],
    attributes: { axis: "int", reduction: "string" },
    infer: inferScatterElements,
  },
  ScatterND: { inputs: [3, 3], outputs: [1, 1], attributes: { reduction: "string" }, infer: inferScatterND },
} satisfies Record<string, Operator>;

/**
 * Windows of convolutions and pools, from the attributes that these operators share. Attributes are
 * read once, here: what follows knows explicit numbers only.
 */

/**
 * The windows along one spatial axis. Window i covers the positions `i stride - begin + k dilation` for k = 0 ...
 * kernel - 1 of an axis with `extent` positions; those outside are padding.
 */
export interface WindowAxis {
  /** Extents of the side that windows cover: the input of Conv and of pools, the output of ConvTranspose. */
  readonly extent: number;
  /** Number of windows: the extent of the other side. */
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding before and after, 0 or more. */
  readonly begin: number;
  readonly end: number;
}

/** The node that the attributes are read from. */
export interface Attributed {
  int(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  string(name: string): string | undefined;
  fail(reason: string): never;
}

/** Positions from the first of a window to its last. */
export function reach({ kernel, dilation }: Pick<WindowAxis, "kernel" | "dilation">): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Positions of the padded axis after the last window's end: what ConvTranspose calls output padding. Below 0 where
 * ceil_mode lets the last window begin inside and end outside.
 */
export function beyond(axis: WindowAxis): number {
  return axis.extent + axis.begin + axis.end - axis.stride * (axis.count - 1) - reach(axis);
}

/**
 * The windows of a weight gradient, whose kernel is what the windows gave and which gives the kernel: these and those
 * trade places, and strides and dilations with them.
 */
export function inverted(axis: WindowAxis): WindowAxis {
  const { count, kernel, stride, dilation } = axis;
  return { ...axis, count: kernel, kernel: count, stride: dilation, dilation: stride };
}

/** Windows of Conv over an input of these spatial extents. */
export function convolutionWindows(
  n: Attributed,
  extents: readonly number[],
  kernel: readonly number[],
): readonly WindowAxis[] {
  const same = autoPad(n);
  return settings(n, kernel).map((axis, i) => {
    const extent = extents[i]!;
    return checked(n, same ? coveringAll(axis, extent, same) : fitting(axis, extent));
  });
}

/** Windows of a pool over an input of these spatial extents. */
export function poolingWindows(n: Attributed, extents: readonly number[]): readonly WindowAxis[] {
  const kernel = n.ints("kernel_shape") ?? n.fail("attribute kernel_shape must be present");
  checkRank(n, "kernel_shape", kernel, extents.length);
  const same = autoPad(n);
  const ceil = n.int("ceil_mode", 0) !== 0;
  return settings(n, kernel).map((axis, i) => {
    const extent = extents[i]!;
    if (same) return checked(n, coveringByPool(n, axis, extent, same));
    if (axis.begin >= axis.kernel || axis.end >= axis.kernel) {
      n.fail(
        `pads must be smaller than the kernel, whose size is ${axis.kernel}: found ${axis.begin} and ${axis.end}`,
      );
    }
    return checked(n, ceil ? reachingBeyond(n, axis, extent) : fitting(axis, extent));
  });
}

/**
 * Windows of ConvTranspose over its output; the input of these spatial extents holds one element a window. Takes
 * what ONNX Runtime takes: ONNX would also allow an output_padding up to the dilation, and an output larger than its
 * windows reach.
 */
export function transposedWindows(
  n: Attributed,
  counts: readonly number[],
  kernel: readonly number[],
): readonly WindowAxis[] {
  const same = autoPad(n);
  const added = integers(n, "output_padding", kernel.length, 0, 0);
  const asked = n.ints("output_shape");
  if (asked) checkRank(n, "output_shape", asked, kernel.length);
  return settings(n, kernel).map((axis, i) => {
    const count = counts[i]!;
    if (added[i]! >= axis.stride) {
      n.fail(`output_padding must be smaller than the stride, ${axis.stride}: found ${added[i]}`);
    }
    const whole = axis.stride * (count - 1) + added[i]! + reach(axis);
    if (!asked && !same) {
      return checked(n, { ...axis, count, extent: whole - axis.begin - axis.end });
    }
    const extent = asked?.[i] ?? count * axis.stride;
    if (extent > whole) {
      n.fail(
        `the output may have at most ${whole} positions on this axis, found ${extent}: add output_padding`,
      );
    }
    return checked(n, { ...axis, count, extent, ...shared(whole - extent, same) });
  });
}

type Settings = Omit<WindowAxis, "extent" | "count">;

/** The attributes' values for each axis. */
function settings(n: Attributed, kernel: readonly number[]): readonly Settings[] {
  const rank = kernel.length;
  const strides = integers(n, "strides", rank, 1, 1), dilations = integers(n, "dilations", rank, 1, 1);
  const is_explicit = (n.string("auto_pad") ?? "NOTSET") === "NOTSET";
  const pads = is_explicit ? integers(n, "pads", 2 * rank, 0, 0) : Array<number>(2 * rank).fill(0);
  return kernel.map((extent, i) => ({
    kernel: extent >= 1 ? extent : n.fail(`kernel sizes must be 1 or more: found [${kernel.join(",")}]`),
    stride: strides[i]!,
    dilation: dilations[i]!,
    begin: pads[i]!,
    end: pads[i + rank]!,
  }));
}

function integers(
  n: Attributed,
  name: string,
  length: number,
  least: number,
  otherwise: number,
): readonly number[] {
  const values = n.ints(name) ?? Array<number>(length).fill(otherwise);
  checkRank(n, name, values, length);
  if (values.some((value) => value < least)) {
    n.fail(`${name} must be ${least} or more: found [${values.join(",")}]`);
  }
  return values;
}

function checkRank(n: Attributed, name: string, values: readonly number[], length: number): void {
  if (values.length !== length) {
    n.fail(`${name} must have ${length} numbers: found [${values.join(",")}]`);
  }
}

type Same = "SAME_UPPER" | "SAME_LOWER";

/** How the padding that is as small as can be is shared out; undefined where pads are explicit, or none. */
function autoPad(n: Attributed): Same | undefined {
  const value = n.string("auto_pad") ?? "NOTSET";
  if (value === "NOTSET" || value === "VALID") return undefined;
  if (value === "SAME_UPPER" || value === "SAME_LOWER") return value;
  return n.fail(`auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER: found ${value}`);
}

/** As many whole windows as the padded axis has room for. */
function fitting(axis: Settings, extent: number): WindowAxis {
  const room = extent + axis.begin + axis.end - reach(axis);
  return { ...axis, extent, count: Math.floor(room / axis.stride) + 1 };
}

/**
 * One more window where positions are left. It must begin before the padding at the end: there PyTorch and the kernels
 * of ONNX Runtime leave it out, and the shape inference of ONNX does not.
 */
function reachingBeyond(n: Attributed, axis: Settings, extent: number): WindowAxis {
  const room = extent + axis.begin + axis.end - reach(axis);
  const count = Math.ceil(room / axis.stride) + 1;
  const start = (count - 1) * axis.stride - axis.begin;
  if (start >= extent) {
    n.fail(
      `with ceil_mode, windows must begin before position ${extent}: found one at ${start}; use smaller pads`,
    );
  }
  return { ...axis, extent, count };
}

/** A window for each stride, with the padding that it takes. */
function coveringAll(axis: Settings, extent: number, same: Same): WindowAxis {
  const count = Math.ceil(extent / axis.stride);
  const total = Math.max(0, axis.stride * (count - 1) + reach(axis) - extent);
  return { ...axis, extent, count, ...shared(total, same) };
}

/** ONNX Runtime's pools take no negative padding, and leave dilations out of it. */
function coveringByPool(n: Attributed, axis: Settings, extent: number, same: Same): WindowAxis {
  if (axis.dilation > 1) n.fail("auto_pad cannot be combined with dilations: use pads");
  const covering = coveringAll(axis, extent, same);
  const left = beyond(covering);
  return left > 0
    ? n.fail(`with auto_pad, windows must cover all positions: found ${left} that they do not; use pads`)
    : covering;
}

/** Half of the padding each; of an odd one SAME_UPPER puts more at the end, all else at the beginning. */
function shared(total: number, same: Same | undefined): Pick<WindowAxis, "begin" | "end"> {
  const less = Math.floor(total / 2);
  return same === "SAME_UPPER" ? { begin: less, end: total - less } : { begin: total - less, end: less };
}

function checked(n: Attributed, axis: WindowAxis): WindowAxis {
  if (axis.count >= 1 && axis.extent >= 1) return axis;
  return n.fail(
    `windows of reach ${reach(axis)} must fit ${axis.extent} positions with pads ${axis.begin} ` +
      `and ${axis.end}`,
  );
}

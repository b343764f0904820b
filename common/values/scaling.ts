/**
 * How data were scaled for training, and how samples are brought back to the data's units: value = offset + factor x
 * scaled. There is one offset and one factor for each channel (or column), or a single one for all values.
 */

export interface Scaling {
  readonly offset: readonly number[];
  /** Above 0. */
  readonly factor: readonly number[];
}

/** Most channels or columns. */
const MAX_CHANNELS = 1 << 20;

/** Values [N, C, ...] of the scaled data in the units of the data. `example_size`: numbers of one example. */
export function unscaled(
  values: Float32Array<ArrayBuffer>,
  scaling: Scaling,
  example_size: number,
): Float32Array<ArrayBuffer> {
  return byChannel(values, scaling, example_size, (value, offset, factor) => offset + factor * value);
}

/** The opposite: values in the units of the data as training has them. */
export function scaled(
  values: Float32Array<ArrayBuffer>,
  scaling: Scaling,
  example_size: number,
): Float32Array<ArrayBuffer> {
  return byChannel(values, scaling, example_size, (value, offset, factor) => (value - offset) / factor);
}

function byChannel(
  values: Float32Array<ArrayBuffer>,
  { offset, factor }: Scaling,
  example_size: number,
  map: (value: number, offset: number, factor: number) => number,
): Float32Array<ArrayBuffer> {
  const run = example_size / offset.length;
  return values.map((value, i) => {
    const channel = Math.floor(i / run) % offset.length;
    return map(value, offset[channel]!, factor[channel]!);
  });
}

/** As text: in a run folder, in the metadata of generator.onnx, and in the file that --scale names. */
export function scalingText({ offset, factor }: Scaling): string {
  return JSON.stringify({ offset, factor });
}

/** Throws Error with what was found where the text is no scaling. */
export function parseScaling(text: string): Scaling {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Error("text that is not JSON");
  }
  if (typeof found !== "object" || found === null) throw new Error("no object");
  const { offset, factor } = found as Record<string, unknown>;
  if (!areNumbers(offset)) throw new Error('no list of finite numbers "offset"');
  if (!areNumbers(factor) || factor.some((value) => value <= 0)) {
    throw new Error('no list of positive numbers "factor"');
  }
  if (offset.length !== factor.length) {
    throw new Error(`${offset.length} numbers in "offset" and ${factor.length} in "factor"`);
  }
  return { offset, factor };
}

function areNumbers(list: unknown): list is readonly number[] {
  return Array.isArray(list) && list.length > 0 && list.length <= MAX_CHANNELS && list.every(Number.isFinite);
}

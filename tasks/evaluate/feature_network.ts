/** Networks that make features of examples: the embedded classifier, none, or any ONNX file. */
import { basename } from "node:path";
import * as ort from "onnxruntime-node";
import { embeddedClassifier } from "../../classifier/embedded.ts";
import { UserError } from "../../common/errors.ts";
import { readRegular } from "../../common/files/regular_file.ts";
import { numElements } from "../../common/shape.ts";
import { cleanLine, cleanText } from "../../common/text/foreign_text.ts";
import { scaled, type Scaling } from "../../common/values/scaling.ts";
import type { Features } from "../../metrics/features.ts";
import { modelOf } from "../../library/model.ts";
import { encodeModel } from "../../onnx/codec.ts";
import { imageShape } from "../../pictures/grid.ts";

/** Examples of one call. */
const ROWS = 64;

export interface FeatureNetwork {
  /** What its features are, in words. */
  readonly about: string;
  /** Examples, one after the other, as networks see them. */
  featuresOf(examples: Float32Array<ArrayBuffer>): Promise<Features>;
}

/** The values themselves as features; as training had them, where it had them scaled. */
export function ownValues(example_shape: readonly number[], scaling: Scaling | null): FeatureNetwork {
  const dimension = numElements(example_shape);
  const values = (examples: Float32Array<ArrayBuffer>) =>
    scaling === null ? examples : scaled(examples, scaling, dimension);
  return {
    about: `the ${dimension} values of an example${scaling === null ? "" : ", scaled as for training"}`,
    featuresOf: (examples) => Promise.resolve({ values: values(examples), dimension }),
  };
}

/** The embedded classifier of images, which sees them grey. */
export async function embeddedFeatures(example_shape: readonly number[]): Promise<FeatureNetwork> {
  const shape = imageShape(example_shape);
  if (shape === null) {
    throw new UserError(
      `Cannot use --features embedded: grey or colour images are required, found examples of ` +
        `${example_shape.join(" x ")}; use --features values, or your own network`,
    );
  }
  const { height, width, channels } = shape;
  const session = await openSession(encodeModel(modelOf(await embeddedClassifier(height, width))));
  return {
    about: "wagon's own network, which tells pen strokes apart",
    featuresOf: (examples) =>
      runAll(
        session,
        { input: "images", output: "features", shape: [1, height, width] },
        grey(examples, channels, height * width),
      ),
  };
}

/** A network from a file. Throws {@linkcode UserError} where it cannot take these examples. */
export async function featuresFrom(path: string, example_shape: readonly number[]): Promise<FeatureNetwork> {
  const name = cleanLine(path);
  const bytes = await readRegular(path).catch((error: Error) => {
    throw new UserError(`Cannot read the feature network ${name}: ${cleanLine(error.message)}`);
  });
  const session = await openSession(bytes).catch((error: Error) => {
    throw new UserError(`Cannot use the feature network ${name}: ${cleanLine(error.message)}`);
  });
  const port = portOf(session, example_shape);
  const size = numElements(example_shape), times = numElements(port.shape) / size;
  return {
    about: `output ${cleanText(port.output)} of ${cleanLine(basename(path))}`,
    featuresOf: (examples) => runAll(session, port, repeatPlanes(examples, size, times)),
  };
}

/** What goes into a network and comes out: names, and the shape of one example. */
interface Port {
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

/** The one input, and the output `features`, or the first. */
function portOf(
  { inputMetadata, outputNames }: ort.InferenceSession,
  example_shape: readonly number[],
): Port {
  const [input, ...others] = inputMetadata;
  if (input?.isTensor !== true || input.type !== "float32" || others.length > 0) {
    throw new UserError(
      "Cannot use the feature network: one input of float32 is required, found " +
        inputMetadata.map((one) => `${cleanText(one.name)}${one.isTensor ? ` of ${one.type}` : ""}`).join(
          ", ",
        ),
    );
  }
  const output = outputNames.includes("features") ? "features" : outputNames[0]!;
  return { input: input.name, output, shape: fitted(input.shape.slice(1), example_shape) };
}

/** The shape that the network wants of one example; grey images may be given to one that wants three channels. */
function fitted(wanted: readonly (number | string)[], example_shape: readonly number[]): readonly number[] {
  const image = imageShape(example_shape);
  const candidates = [
    example_shape,
    [numElements(example_shape)],
    ...image === null ? [] : [[image.channels, image.height, image.width]],
    ...image?.channels === 1 ? [[3, image.height, image.width]] : [],
  ];
  const fits = (shape: readonly number[]) =>
    shape.length === wanted.length &&
    wanted.every((extent, axis) => typeof extent === "string" || extent === shape[axis]);
  const found = candidates.find(fits);
  if (found !== undefined) return found;
  throw new UserError(
    `Cannot use the feature network: it takes examples of ${wanted.join(" x ")}, but the data's are ` +
      `${
        example_shape.join(" x ")
      }; read the data in that size (--image-size, --channels), or use another network`,
  );
}

async function openSession(bytes: Uint8Array): Promise<ort.InferenceSession> {
  ort.env.logLevel = "fatal";
  return await ort.InferenceSession.create(bytes, { interOpNumThreads: 1 });
}

async function runAll(session: ort.InferenceSession, port: Port, examples: Float32Array): Promise<Features> {
  const size = numElements(port.shape), count = examples.length / size;
  let values = new Float32Array(0), dimension = 0;
  for (let begin = 0; begin < count; begin += ROWS) {
    const rows = Math.min(ROWS, count - begin);
    const batch = examples.slice(begin * size, (begin + rows) * size);
    const outputs = await session.run({
      [port.input]: new ort.Tensor("float32", batch, [rows, ...port.shape]),
    });
    const found = outputs[port.output]!;
    if (found.type !== "float32" || found.dims[0] !== rows) {
      throw new UserError(
        `Cannot use the feature network: its output must be float32 [N, ...], found ${found.type} [${found.dims}]`,
      );
    }
    if (begin === 0) {
      dimension = found.size / rows;
      values = new Float32Array(count * dimension);
    }
    values.set(found.data as Float32Array, begin * dimension);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new UserError(
      `Cannot use the feature network: features must be finite, found ${values[bad]} for example ${
        Math.floor(bad / dimension)
      }`,
    );
  }
  return { values, dimension };
}

/** The mean of the channels of each picture. */
function grey(examples: Float32Array, channels: number, plane: number): Float32Array {
  if (channels === 1) return examples;
  const out = new Float32Array(examples.length / channels);
  for (let i = 0; i < out.length; i++) {
    const picture = Math.floor(i / plane), place = i % plane;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += examples[(picture * channels + c) * plane + place]!;
    out[i] = sum / channels;
  }
  return out;
}

/** Each picture's values so many times after each other. */
function repeatPlanes(examples: Float32Array, size: number, times: number): Float32Array {
  if (times === 1) return examples;
  const out = new Float32Array(examples.length * times);
  for (let i = 0; i < out.length; i += size) {
    const picture = Math.floor(i / (size * times));
    out.set(examples.subarray(picture * size, (picture + 1) * size), i);
  }
  return out;
}

/** `deno task classifier`: trains the classifier of pen strokes whose features `deno task evaluate` compares. */
import { trainClassifier } from "../../classifier/training.ts";
import { EMBEDDED_CLASSIFIER } from "../../classifier/embedded.ts";
import { parseOptions, runMain } from "../../common/cli/cli.ts";
import { writeFile } from "../../common/files/write_file.ts";
import { decodeExamples } from "../../coordinator/data/data_set.ts";
import { drawStrokes, GLYPHS, STROKES_SIDE } from "../../coordinator/data/strokes.ts";

const SEED = 1;
const TRAINING = { steps: 1_000, batch: 64, lr: 1e-3, seed: SEED };
const SAY_EVERY = 100;

const COMMAND = {
  name: "deno task classifier",
  about: "Trains the classifier of pen strokes whose features deno task evaluate compares, and writes it.",
  options: {},
  examples: [{ line: "deno task classifier", about: "classifier/embedded.onnx; takes about a minute" }],
};

async function main(args: readonly string[]): Promise<void> {
  parseOptions(COMMAND, args);
  const { bytes, encoding, num_examples } = drawStrokes(SEED);
  const num_classes = Object.keys(GLYPHS).length;
  const classifier = await trainClassifier({
    images: decodeExamples(bytes, encoding),
    labels: Array.from({ length: num_examples }, (_, i) => i % num_classes),
    shape_CHW: [1, STROKES_SIDE, STROKES_SIDE],
    num_classes,
  }, {
    ...TRAINING,
    onStep: (step, loss) =>
      step % SAY_EVERY === 0 && console.log(`step ${step} of ${TRAINING.steps}: loss ${loss.toFixed(5)}`),
  });
  console.log(`${await writeFile(EMBEDDED_CLASSIFIER, classifier)}: ${classifier.length} bytes`);
}

if (import.meta.main) await runMain(main);

/** Files of networks that cannot be used: each is refused in one line. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { openOwnNetworks, ownOptions } from "../../../coordinator/config/own_networks.ts";
import { encodeModel } from "../../../onnx/codec.ts";
import { GraphBuilder } from "../../../onnx/builder.ts";
import type { ElementType, Graph, Shape } from "../../../onnx/graph.ts";
import { tensorOf } from "../../../onnx/tensor.ts";
import { inTempDir } from "../../temp_dir.ts";

const FILES = new URL("../../models/import/files/", import.meta.url).pathname;
const GENERATOR = join(FILES, "mlp_generator_dynamo.onnx"), CRITIC = join(FILES, "mlp_critic_script11.onnx");

/** The message of the one line that opening this critic ends in. */
function refusal(critic: string, trainable: readonly string[] = []): string {
  try {
    openOwnNetworks({ generator: GENERATOR, critic, trainable });
  } catch (error) {
    assert.equal((error as Error).name, "UserError", (error as Error).stack ?? "");
    assert.ok(!(error as Error).message.includes("\n"));
    return (error as Error).message;
  }
  return assert.fail("must be refused");
}

function modelOf(graph: Graph, opset = 18): Uint8Array {
  return encodeModel({
    graph,
    opset,
    ir_version: 9,
    producer_name: "test",
    producer_version: "",
    metadata: new Map(),
  });
}

/** x [..] times a weight [4, 1]. */
function product(shape: Shape, element: ElementType = "float32"): Graph {
  const b = new GraphBuilder("critic");
  const x = b.input("x", element, shape);
  b.output(
    b.op("MatMul", [x, b.constant(tensorOf(element, [4, 1], [1, 2, 3, 4]), "w")], {}, { name: "last" }),
  );
  return b.build();
}

Deno.test("own networks: what is wrong with a file is one line", async () => {
  await inTempDir(async (dir) => {
    const write = async (bytes: Uint8Array) => {
      const path = join(dir, "c.onnx");
      await Deno.writeFile(path, bytes);
      return refusal(path);
    };
    const good = product(["N", 4]);
    const node = good.nodes[0]!;
    const cycle = { ...good, nodes: [{ ...node, inputs: [node.outputs[0]!, "w"] }] };
    const unknown = { ...good, nodes: [{ ...node, op: "NonMaxSuppression" }] };
    const foreign = { ...good, nodes: [{ ...node, domain: "com.microsoft" }] };
    const start = "Cannot import c.onnx: ";
    const of = (op: string) => `Cannot import node last (${op}) of graph c.onnx: `;
    const advice = "replace it by others before the export, or add it to onnx/operators/ and autodiff/rules/";
    assert.match(
      await write((await Deno.readFile(CRITIC)).subarray(0, 900)),
      /^Cannot read critic .*c\.onnx: ModelProto field 7 is incomplete or damaged \(premature EOF\)$/,
    );
    assert.equal(
      await write(modelOf(good, 10)),
      `${start}its version of ai.onnx must be 11 to 28, found 10; export it with opset 18`,
    );
    assert.equal(
      await write(modelOf(cycle)),
      `${of("MatMul")}no input, initializer or earlier node has the name of its input "${node.outputs[0]}"`,
    );
    assert.equal(
      await write(modelOf(unknown)),
      `${of("NonMaxSuppression")}wagon cannot differentiate operator NonMaxSuppression; ${advice}`,
    );
    assert.equal(
      await write(modelOf(foreign)),
      `Cannot import node last (MatMul) of graph c.onnx: wagon cannot differentiate operator com.microsoft.MatMul; ${advice}`,
    );
    assert.equal(
      await write(modelOf(product(["N", 4], "float64"))),
      `${start}its input "x" must be float32 [batch, ...], found float64[N,4]; export the network after .float()`,
    );
    assert.equal(
      await write(modelOf(product(["N", "rows", 4]))),
      `${start}only the batch axis of its input "x" may have no fixed size, found float32[N,rows,4]; export it with fixed sizes ` +
        "for the other axes",
    );
  });
});

Deno.test("own networks: data in another file are read from the model's folder only", async () => {
  await inTempDir(async (dir) => {
    const bytes = await Deno.readFile(join(FILES, "conv_critic_dynamo.onnx"));
    const text = "conv_critic_dynamo.onnx.data";
    const at = Buffer.from(bytes).toString("latin1").indexOf(text);
    assert.ok(at > 0);
    const path = join(dir, "c.onnx");
    /** The model with another location of the same length. */
    const located = async (location: string) => {
      const all = Buffer.from(bytes).toString("latin1").replaceAll(text, location);
      await Deno.writeFile(path, Buffer.from(all, "latin1"));
      return refusal(path);
    };
    const start = `Cannot read data of ${path}: they must lie in a file in its folder, found `;
    const end = "; export the model again";
    const outside = "../".padEnd(text.length, "a"), absolute = "/".padEnd(text.length, "a");
    assert.equal(await located(outside), start + outside + end);
    assert.equal(await located(absolute), start + absolute + end);
    assert.equal(await located(text), `${start}no ${text}${end}`);
    await Deno.symlink(join(FILES, text), join(dir, text));
    assert.equal(await located(text), `${start}${text}, a link out of it${end}`);
    await Deno.remove(join(dir, text));
    const required = `Cannot read data ${text} of ${path}: a readable file is required, found `;
    const beside = "; keep them in the folder of the model";
    // A hole: it takes no room on the disk.
    await Deno.writeFile(join(dir, text), new Uint8Array());
    await Deno.truncate(join(dir, text), 2 ** 31 + 1);
    assert.equal(
      await located(text),
      `${required}a file of 2147483649 bytes, more than 2147483648${beside}`,
    );
    await Deno.remove(join(dir, text));
    await new Deno.Command("mkfifo", { args: [join(dir, text)] }).output();
    assert.equal(await located(text), `${required}a pipe${beside}`);
  });
});

Deno.test("own networks: patterns choose weights, and one that matches none is refused", () => {
  const own = (trainable: readonly string[]) =>
    openOwnNetworks({ generator: GENERATOR, critic: CRITIC, trainable });
  const trained = (trainable: readonly string[]) => {
    const { generator, critic } = own(trainable).pairFor([8, 8], "wgan");
    return [generator, critic].map(({ parameters }) => parameters.map(({ name }) => name).join(" "));
  };
  const all = "critic.1.weight critic.1.bias critic.3.weight critic.3.bias critic.5.weight critic.5.bias";
  assert.deepEqual(trained(["generator.6.*"]), ["generator.6.weight generator.6.bias", all]);
  assert.match(
    refusal(CRITIC, ["critic.9*"]),
    /^Cannot use --trainable critic\.9\*: no weight's name matches it; names are /,
  );
});

Deno.test("own networks: a person is told what drops, and how much", async () => {
  const said = (critic: string) =>
    openOwnNetworks({ generator: GENERATOR, critic, trainable: [] }).notes("wgan")[1]!;
  assert.match(
    said(join(FILES, "drop_critic_script13.onnx")),
    /6 of 6 weights trained, .*; 2 Dropouts that drop 0\.3, 0\.5 in training$/,
  );
  const b = new GraphBuilder("critic");
  const passed = b.op("Dropout", [b.input("x", "float32", ["N", 4])]);
  b.output(b.op("MatMul", [passed, b.constant(tensorOf("float32", [4, 1], [1, 2, 3, 4]), "w")]));
  await inTempDir(async (dir) => {
    await Deno.writeFile(join(dir, "c.onnx"), modelOf(b.build()));
    assert.match(said(join(dir, "c.onnx")), /1 of 1 weight trained, .*; 1 Dropout that drops nothing$/);
  });
});

Deno.test("own networks: shapes must fit, and both files must be named", () => {
  const own = openOwnNetworks({ generator: GENERATOR, critic: CRITIC, trainable: [] });
  assert.deepEqual([own.latent, own.example_shape], [6, [1, 8, 8]]);
  assert.throws(() => own.pairFor([4, 4], "wgan"), {
    name: "UserError",
    message:
      "Cannot use generator mlp_generator_dynamo.onnx: it must make examples of 4 x 4, as the data and the critic " +
      "have them, found 1 x 8 x 8",
  });
  assert.throws(() => ownOptions({ generator: "g.onnx" }), {
    name: "UserError",
    message:
      "Cannot use own networks: --generator and --critic must be given together, found only --generator",
  });
});

import assert from "node:assert/strict";
import { Refusal } from "../../../wire/refusal.ts";
import { sha256 } from "../../../common/sha256.ts";
import { ArtifactSet } from "../../../worker/connection/artifact_set.ts";
import { testRun } from "../test_run.ts";

const run = await testRun();

type Files = ReadonlyMap<string, Uint8Array>;

/** What comes of files that the welcome lists as they are. */
function bundleOf(files: Files) {
  const set = new ArtifactSet(
    [...files].map(([file, bytes]) => ({ file, sha256: sha256(bytes), bytes: bytes.length })),
  );
  let complete = false;
  for (const [file, bytes] of files) {
    assert.equal(complete, false);
    complete = set.accept({ type: "artifact", file, sha256: sha256(bytes) }, bytes);
  }
  assert.equal(complete, true);
  return set.bundle();
}

function withManifest(change: (manifest: Record<string, unknown>) => void, files: Files = run.files): Files {
  const manifest = structuredClone(run.manifest) as unknown as Record<string, unknown>;
  change(manifest);
  return new Map(files).set("artifacts.json", new TextEncoder().encode(JSON.stringify(manifest)));
}

Deno.test("the run's files become its manifest and graphs", () => {
  const { manifest, graphs } = bundleOf(run.files);
  assert.deepEqual(manifest, run.manifest);
  assert.deepEqual(graphs, run.graphs);
});

Deno.test("a file that is not listed, or of other bytes, is refused", () => {
  const set = new ArtifactSet([{ file: "a", sha256: sha256(new Uint8Array([1])), bytes: 1 }]);
  const hash = sha256(new Uint8Array([2]));
  assert.throws(() => set.accept({ type: "artifact", file: "b", sha256: hash }, new Uint8Array([2])), {
    code: "unexpected_message",
    message: "Artifact b must be listed in the welcome",
  });
  assert.throws(() => set.accept({ type: "artifact", file: "a", sha256: hash }, new Uint8Array([2])), {
    code: "hash_mismatch",
    message: `Artifact a must have SHA-256 ${sha256(new Uint8Array([1]))}: found ${hash}`,
  });
});

Deno.test("a graph that is not the one of the manifest is refused for good", () => {
  const file = "sampler_model.onnx";
  const other = run.files.get("critic_eval_model.onnx")!;
  assert.throws(() => bundleOf(new Map(run.files).set(file, other)), (error) => {
    assert.ok(error instanceof Refusal && error.fatal && error.code === "hash_mismatch");
    const wanted = run.manifest.graphs.sampler_model.sha256;
    assert.equal(
      error.message,
      `Graph ${file} must have the SHA-256 of artifacts.json, ${wanted}: found ${sha256(other)}`,
    );
    return true;
  });
});

Deno.test("a graph with external data is refused for good, though its hash is right", () => {
  // ModelProto { graph: GraphProto { initializer: TensorProto { name: "w", data_location: EXTERNAL } } }
  const bytes = new Uint8Array([0x3a, 7, 0x2a, 5, 0x42, 1, 0x77, 0x70, 1]);
  const file = "sampler_model.onnx";
  const files = withManifest((manifest) => {
    const graphs = manifest.graphs as Record<string, { sha256: string; bytes: number }>;
    graphs.sampler_model!.sha256 = sha256(bytes);
    graphs.sampler_model!.bytes = bytes.length;
  }, new Map(run.files).set(file, bytes));
  assert.throws(() => bundleOf(files), {
    code: "unsupported_graph",
    fatal: true,
    message: `Graph ${file} must contain all its constants: tensor w is in an external file`,
  });
});

Deno.test("without a manifest that makes sense there is no run", () => {
  const without = new Map(run.files);
  without.delete("artifacts.json");
  assert.throws(() => bundleOf(without), {
    code: "unsupported_graph",
    message: "The artifacts of the run must contain artifacts.json",
  });
  assert.throws(() => bundleOf(new Map(run.files).set("artifacts.json", new Uint8Array([0x7b]))), {
    code: "unsupported_graph",
    message: /^Cannot read artifacts.json: /,
  });
  assert.throws(() => bundleOf(withManifest((manifest) => manifest.micro_batch = 0)), {
    code: "unsupported_graph",
    fatal: true,
  });
});

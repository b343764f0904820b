/** The artifacts of a run as they arrive: checked against their hashes, then against what a worker runs. */
import { sha256 } from "../../common/sha256.ts";
import { type AnyGraphName, type ByGraph, graphNamesOf, type Manifest } from "../../models/manifest.ts";
import { parseManifest } from "../../models/manifest_check.ts";
import { ManifestError } from "../../models/manifest_values.ts";
import type { MessageOf } from "../../wire/messages.ts";
import { Refusal } from "../../wire/refusal.ts";
import { guardGraph, UnsupportedGraph } from "../runtime/graph_guard.ts";
import type { RunAtHand } from "../compute/pools/compute_pool.ts";
import type { GraphBytes } from "../compute/graph_runner.ts";

const MANIFEST_FILE = "artifacts.json";

/** A run's manifest and its graphs. */
export interface ArtifactBundle {
  readonly manifest: Manifest;
  readonly graphs: GraphBytes;
}

/** Collects the files that a welcome lists. */
export class ArtifactSet {
  readonly #listed: MessageOf<"welcome">["artifacts"];
  readonly #files = new Map<string, Uint8Array>();

  constructor(listed: MessageOf<"welcome">["artifacts"]) {
    this.#listed = listed;
  }

  /**
   * Takes one file. Returns whether all are there.
   * @throws {Refusal} `unexpected_message` for a file that was not listed, `hash_mismatch` for other bytes.
   */
  accept(message: MessageOf<"artifact">, bytes: Uint8Array): boolean {
    const listed = this.#listed.find(({ file }) => file === message.file);
    if (listed === undefined) {
      throw new Refusal("unexpected_message", `Artifact ${message.file} must be listed in the welcome`);
    }
    const found = sha256(bytes);
    if (found !== listed.sha256 || found !== message.sha256 || bytes.length !== listed.bytes) {
      throw new Refusal(
        "hash_mismatch",
        `Artifact ${message.file} must have SHA-256 ${listed.sha256}: found ${found}`,
      );
    }
    this.#files.set(message.file, bytes);
    return this.#files.size === this.#listed.length;
  }

  /** Those that have come, as they were listed. */
  get files(): RunAtHand["files"] {
    return this.#listed.flatMap(({ file, sha256 }) => {
      const bytes = this.#files.get(file);
      return bytes ? [{ file, sha256, bytes }] : [];
    });
  }

  /**
   * Reads the manifest and checks every graph that it names.
   * @throws {Refusal} `hash_mismatch` where the manifest and the files differ, `unsupported_graph` for what a
   * worker does not run. Both are fatal: the same files come again.
   */
  bundle(): ArtifactBundle {
    try {
      const manifest = this.#manifest();
      const graphs = graphNamesOf(manifest).map((name) => [name, this.#graph(manifest, name)] as const);
      return { manifest, graphs: Object.fromEntries(graphs) as unknown as ByGraph<Uint8Array> };
    } catch (error) {
      const known = error instanceof UnsupportedGraph || error instanceof ManifestError;
      if (!known) throw error;
      throw new Refusal("unsupported_graph", error.message, { fatal: true });
    }
  }

  #manifest(): Manifest {
    const bytes = this.#files.get(MANIFEST_FILE);
    if (bytes === undefined) {
      throw new ManifestError(`The artifacts of the run must contain ${MANIFEST_FILE}`);
    }
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new ManifestError(`Cannot read ${MANIFEST_FILE}: ${(error as Error).message}`);
    }
    return parseManifest(value);
  }

  #graph(manifest: Manifest, name: AnyGraphName): Uint8Array {
    const { file, sha256: wanted } = manifest.graphs[name]!;
    const bytes = this.#files.get(file);
    const found = bytes === undefined ? "no such file" : sha256(bytes);
    if (bytes === undefined || found !== wanted) {
      throw new Refusal(
        "hash_mismatch",
        `Graph ${file} must have the SHA-256 of ${MANIFEST_FILE}, ${wanted}: found ${found}`,
        { fatal: true },
      );
    }
    guardGraph(file, bytes);
    return bytes;
  }
}

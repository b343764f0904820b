/** The types of the exports in a project that links this one, with the deno.json of docs/library.md. */
import { join } from "node:path";

/** Where the page says that a reader's clone is. */
const CLONE = "../wagon";

/** The deno.json of the page, with the clone at `root`. Throws where the page has none. */
export function linkingConfig(page: string, root: string): string {
  const [, json] = /```json\n(\{.*?\n\})\n```/s.exec(page) ?? [];
  if (!json?.includes(CLONE)) throw new Error(`docs/library.md must have a deno.json that links ${CLONE}`);
  return json.replace(CLONE, root);
}

/** Checks a program that imports all entry points. Resolves to an exit code. */
export async function checkLinked(root: string, names: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  try {
    const page = await Deno.readTextFile(join(root, "docs/library.md"));
    await Deno.writeTextFile(join(folder, "deno.json"), linkingConfig(page, root));
    const lines = names.map((name, i) => `export * as e${i} from "${name}";\n`);
    await Deno.writeTextFile(join(folder, "main.ts"), lines.join(""));
    const options = { args: ["check", "--quiet", "main.ts"], cwd: folder };
    return (await new Deno.Command(Deno.execPath(), options).spawn().status).code;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

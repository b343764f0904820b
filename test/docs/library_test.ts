import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inTempDir } from "../temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The first block of the page in this language. */
function block(page: string, language: string): string {
  return page.split(`\`\`\`${language}\n`)[1]!.split("```")[0]!;
}

Deno.test("docs/library.md: its first program runs in a project outside the clone", () =>
  inTempDir(async (folder) => {
    const page = await Deno.readTextFile(join(ROOT, "docs/library.md"));
    const [line] = page.match(/deno run --allow-read [^`]*main\.ts/)!;
    const config = block(page, "json");
    const program = block(page, "ts");
    assert.ok(config.includes('"../wagon"') && program.includes("steps: 2000") && program.includes("% 500"));
    await Deno.writeTextFile(
      join(folder, "deno.json"),
      config.replace('"../wagon"', JSON.stringify(ROOT.replace(/\/$/, ""))),
    );
    await Deno.writeTextFile(
      join(folder, "main.ts"),
      program.replace("steps: 2000", "steps: 10").replace("% 500", "% 5"),
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: line.replaceAll(/\s+/g, " ").split(" ").slice(1).toSpliced(1, 0, "--no-prompt"),
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /^5 -?\d.*\n10 -?\d.*\n$/);
    assert.ok((await Deno.stat(join(folder, "generator.onnx"))).size > 1000);
  }));

/** Unified diffs as pages show them: without line numbers, so that they hold as long as their context is there. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** A run of lines that becomes another. */
interface Hunk {
  readonly before: string;
  readonly after: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What happens to one file. */
export interface FileDiff {
  readonly path: string;
  readonly is_new: boolean;
  readonly hunks: readonly Hunk[];
}

function hunkOf(lines: readonly string[]): Hunk {
  const side = (left_out: string) =>
    lines.filter((line) => !line.startsWith(left_out)).map((line) => `${line.slice(1)}\n`).join("");
  const those = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
  return { before: side("+"), after: side("-"), added: those("+"), removed: those("-") };
}

/** The diffs of a page's blocks, in order. Throws where a block is none. */
export function diffsOf(page: string): FileDiff[] {
  const blocks = [...page.matchAll(/^```diff\n(.*?)^```$/gms)].map((match) => match[1]!);
  return blocks.flatMap((block) =>
    block.split(/^(?=--- )/m).map((text) => {
      const header = /^--- (\S+)\n\+\+\+ b\/(\S+)\n@@\n/.exec(text);
      if (!header) throw new Error(`A diff must begin with --- and +++ and @@: found ${text.slice(0, 80)}`);
      const [whole, from, path] = header;
      const hunks = text.slice(whole.length).split(/^@@\n/m).map((hunk) =>
        hunkOf(hunk.trimEnd().split("\n"))
      );
      return { path: path!, is_new: from === "/dev/null", hunks };
    })
  );
}

/** Applies a diff below `root`. Throws where its context is not there exactly once, or a new file is there already. */
export async function applyDiff(root: string, { path, is_new, hunks }: FileDiff): Promise<void> {
  const target = join(root, path);
  if (is_new) {
    if (existsSync(target)) throw new Error(`${path} must be new`);
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeTextFile(target, hunks.map(({ after }) => after).join(""));
    return;
  }
  let text = await Deno.readTextFile(target);
  for (const { before, after } of hunks) {
    const count = text.split(before).length - 1;
    if (count !== 1) throw new Error(`${path} must have this once, found ${count} times:\n${before}`);
    text = text.replace(before, () => after);
  }
  await Deno.writeTextFile(target, text);
}

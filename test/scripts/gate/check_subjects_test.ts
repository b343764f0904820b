import assert from "node:assert/strict";
import { longSubjects } from "../../../scripts/gate/check_subjects.ts";
import { inTempDir } from "../../temp_dir.ts";

async function git(root: string, ...args: readonly string[]): Promise<string> {
  const author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", root, ...author, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

/** Makes a commit without files; resolves to its hash. */
async function commit(root: string, message: string): Promise<string> {
  await git(root, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", message);
  return await git(root, "rev-parse", "HEAD");
}

Deno.test("subjects of more than 72 characters are named, but for those up to a commit", () =>
  inTempDir(async (root) => {
    await git(root, "init", "--quiet");
    const old = await commit(root, "o".repeat(80));
    await commit(root, `${"é".repeat(72)}\n\n${"a line of the body ".repeat(10)}`);
    assert.deepEqual(await longSubjects(root, old), []);
    const subject = "é".repeat(73);
    const long = await commit(root, subject);
    await commit(root, "short");
    const found = await longSubjects(root, old);
    assert.deepEqual(found!.map((line) => line.split(" ")[1]), [subject]);
    assert.ok(long.startsWith(found![0]!.split(" ")[0]!));
  }));

Deno.test("where the history is not there, subjects are not known", () =>
  inTempDir(async (root) => {
    assert.equal(await longSubjects(root, "0123456789012345678901234567890123456789"), null);
    await git(root, "init", "--quiet");
    await commit(root, "first");
    assert.equal(await longSubjects(root, "0123456789012345678901234567890123456789"), null);
  }));

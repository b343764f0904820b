import assert from "node:assert/strict";
import { join } from "node:path";
import { chooseReadToken, chooseToken, tokenPlace } from "../../../coordinator/terminal/token.ts";
import { inTempDir } from "../../temp_dir.ts";

const SECRET = "a-secret-of-25-characters";

/** With these variables set, and no others of the two. */
async function withEnv(env: { WAGON_TOKEN?: string; WAGON_READ_TOKEN?: string }, test: () => Promise<void>) {
  const names = ["WAGON_TOKEN", "WAGON_READ_TOKEN"] as const;
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value?: string) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  for (const name of names) set(name, env[name]);
  try {
    await test();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

Deno.test("a token is from the file, else from the environment, else fresh", () =>
  inTempDir((folder) =>
    withEnv({ WAGON_TOKEN: "from-the-environment" }, async () => {
      const file = join(folder, "token");
      await Deno.writeTextFile(file, `${SECRET}\n`);
      assert.equal(await chooseToken(file), SECRET);
      assert.equal(await chooseToken(undefined), "from-the-environment");
      assert.equal(tokenPlace(undefined, true), "the coordinator's own WAGON_TOKEN");
      assert.match(tokenPlace(file, true), /--token-file$/);
      assert.match(await chooseReadToken(undefined, SECRET), /^[0-9a-f]{40}$/);
      Deno.env.set("WAGON_TOKEN", "");
      const fresh = [await chooseToken(undefined), await chooseToken(undefined)];
      for (const token of fresh) assert.match(token, /^[0-9a-f]{40}$/);
      assert.notEqual(fresh[0], fresh[1]);
      assert.equal(tokenPlace(undefined, true), "on the coordinator's terminal");
      assert.match(tokenPlace(undefined, false), /^in the file that/);
    })
  ));

Deno.test("a token that can be guessed or read by nobody is refused, and is not repeated", () =>
  inTempDir((folder) =>
    withEnv({ WAGON_TOKEN: "fifteen-letters" }, async () => {
      const file = join(folder, "token");
      const refused = (token: Promise<string>, message: RegExp) =>
        assert.rejects(token, (error: Error) => {
          assert.equal(error.name, "UserError");
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /fifteen-letters|a-secret-of/);
          return true;
        });
      await refused(
        chooseToken(undefined),
        /^Cannot use the token of WAGON_TOKEN: .* 16 characters, found 15$/,
      );
      await refused(chooseToken(file), /^Cannot read token file .*; check --token-file$/);
      await refused(chooseReadToken(file, SECRET), /; check --read-token-file$/);
      await Deno.writeTextFile(file, "  short  \n");
      await refused(chooseToken(file), /^Cannot use the token of token file .*token: .*, found 5$/);
    })
  ));

Deno.test("the live page's token is another than the workers', and can stand in an address", () =>
  withEnv({ WAGON_READ_TOKEN: SECRET }, async () => {
    assert.equal(await chooseReadToken(undefined, "another-one-of-25-letters"), SECRET);
    await assert.rejects(chooseReadToken(undefined, SECRET), {
      name: "UserError",
      message:
        /^Cannot use the token of WAGON_READ_TOKEN for the live page: it must differ from the workers' token/,
    });
    for (
      const token of ["two words that are long", "a/secret?of=25&characters", "schlüssel-von-25-zeichen"]
    ) {
      Deno.env.set("WAGON_READ_TOKEN", token);
      await assert.rejects(chooseReadToken(undefined, SECRET), { message: /must be letters, digits and / });
    }
  }));

/** `deno task slurm` with a program in the place of sbatch; test/deploy/slurm_test.ts has the real one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cloneInto } from "../../scripts/slurm/clone.ts";
import { Workplace } from "../e2e/workplace.ts";

const SBATCH = `#!/bin/sh
[ "$1" = --parsable ] || exit 1
cat "$2" > submitted
echo "1234;cluster"
`;

/** A clone of wagon in a place, with a path that leads to a program for sbatch. */
class Login {
  readonly clone: string;

  private constructor(readonly place: Workplace) {
    this.clone = place.path("clone");
  }

  static async open(place: Workplace): Promise<Login> {
    const login = new Login(place);
    await cloneInto(login.clone);
    await Deno.mkdir(place.path("bin"));
    await Deno.writeTextFile(place.path("bin", "sbatch"), SBATCH, { mode: 0o755 });
    return login;
  }

  slurm(...args: readonly string[]) {
    const command = [
      Deno.execPath(),
      "task",
      "--quiet",
      "--config",
      join(this.clone, "deno.json"),
      "slurm",
      ...args,
    ];
    const env = { PATH: `${this.place.path("bin")}:${Deno.env.get("PATH")}` };
    return this.place.startCommand(command, "deno task slurm", env).end();
  }
}

Deno.test({
  name: "deno task slurm: a script is written and submitted; what cannot be is said in one line",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using place = await Workplace.open();
    const login = await Login.open(place);
    const { clone } = login;
    assert.deepEqual(
      await login.slurm("--nodes", "4", "--time", "4:00:00", "--", "--seed", "7", "--note", "a b"),
      {
        code: 0,
        stdout: "Submitted job 1234, as runs/slurm/1234.sbatch says; its output goes to slurm-1234.out\n" +
          "To watch: tail -F slurm-1234.out, and once it runs: deno task inspect slurm-1234 --follow\n" +
          "To stop, with the run saved: scancel 1234\n",
        stderr: "",
      },
    );
    const script = await Deno.readTextFile(join(clone, "runs/slurm/1234.sbatch"));
    assert.equal(await Deno.readTextFile(join(clone, "submitted")), script);
    assert.match(script, /\n#SBATCH --nodes=4\n.*\n#SBATCH --time=4:00:00\n/s);
    assert.match(script, new RegExp(`\\n#SBATCH --chdir=${clone}\\n`));
    assert.match(script, /\nexec bash deploy\/slurm\/job\.sh --seed 7 --note 'a b'\n$/);

    await Deno.writeTextFile(place.path("sweep.txt"), "# rates\n--lr 1e-4\n\n--lr 5e-5 --note 'two words'\n");
    const swept = await login.slurm("--sweep", place.path("sweep.txt"), "--dry-run", "--", "--steps", "9");
    assert.match(swept.stdout, /\n#SBATCH --array=1-2\n/);
    assert.match(swept.stdout, new RegExp(`job\\.sh --steps 9 @${place.path("sweep.txt")}\\n$`));

    const wrong: Readonly<Record<string, readonly string[]>> = {
      "Unknown option --step: did you mean --steps?": ["--", "--step", "3"],
      "Cannot use --workers behind --: the job decides that; give --nodes and --ntasks-per-node before --": [
        "--",
        "--workers",
        "3",
      ],
      'Option --time must be one word: found "4 hours"': ["--time", "4 hours"],
      'Option --sbatch must be an option of sbatch: found "x"': ["--sbatch=x"],
      "Options --sweep and --array exclude each other: leave one out": ["--sweep", "x", "--array", "1-2"],
    };
    for (const [line, args] of Object.entries(wrong)) {
      assert.deepEqual(await login.slurm(...args), { code: 2, stdout: "", stderr: `${line}\n` });
    }
    await Deno.writeTextFile(
      place.path("bin", "sbatch"),
      "#!/bin/sh\necho 'error: no such partition' >&2\necho '  error: x' >&2\nexit 1\n",
    );
    const refused = await login.slurm("--partition", "x");
    assert.deepEqual([refused.code, refused.stderr], [
      2,
      "Cannot submit: sbatch says error: no such partition; error: x\n",
    ]);
    assert.deepEqual([...Deno.readDirSync(join(clone, "runs/slurm"))].map(({ name }) => name), [
      "1234.sbatch",
    ]);
  },
});

/** `deno task test`: runs all tests and then prints the slowest. More arguments go to `deno test`. */
import { slowest } from "./test_times.ts";

const COUNT = 10;
const ARGS = [
  "test",
  "--quiet",
  "--allow-all",
  "--lock=deno.lock",
  "--frozen",
  "--no-check",
  "--parallel",
  "test/",
];

const child = new Deno.Command(Deno.execPath(), { args: [...ARGS, ...Deno.args], stdout: "piped" }).spawn();
const decoder = new TextDecoder();
let output = "";
for await (const bytes of child.stdout) {
  output += decoder.decode(bytes, { stream: true });
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await Deno.stdout.write(rest));
}
const { code } = await child.status;
console.log(["The slowest tests:", ...slowest(output, COUNT)].join("\n"));
Deno.exit(code);

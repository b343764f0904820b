/** `deno task check:examples`: every export of the library has an example, and all examples run. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runCheck } from "./check_command.ts";
import { ENTRY_POINTS } from "./entry_points.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** An exported symbol, as `deno doc --json` describes it. */
interface Documented {
  readonly name: string;
  readonly declarations: readonly {
    /** "reference": another entry point has the declaration. */
    readonly kind: string;
    readonly location: { readonly filename: string };
    readonly "jsDoc"?: { readonly tags?: readonly { readonly kind: string }[] };
  }[];
}

interface Documentation {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly Documented[] }>>;
}

async function deno(...args: readonly string[]) {
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd: ROOT, env: { NO_COLOR: "1" } });
  const { success, stdout, stderr } = await command.output();
  return { success, said: new TextDecoder().decode(stdout), complained: new TextDecoder().decode(stderr) };
}

/** Names of the exports that have no example. */
export function withoutExample(symbols: readonly Documented[]): string[] {
  const hasExample = ({ declarations }: Documented) =>
    declarations.some(({ kind, jsDoc }) =>
      kind === "reference" || jsDoc?.tags?.some(({ kind }) => kind === "example")
    );
  return symbols.filter((symbol) => !hasExample(symbol)).map(({ name }) => name);
}

async function faults(): Promise<string[]> {
  const documented = await deno("doc", "--quiet", "--json", ...ENTRY_POINTS);
  if (!documented.success) return [documented.complained];
  const { nodes } = JSON.parse(documented.said) as Documentation;
  const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
  const files = new Set(
    symbols.flatMap(({ declarations }) =>
      declarations.map(({ location }) => relative(ROOT, fileURLToPath(location.filename)))
    ),
  );
  // Types are not checked: what the runner adds to each example is unused in it.
  const flags = ["--doc", "--parallel", "--no-check", "--allow-all"];
  const { success, said, complained } = await deno("test", ...flags, ...ENTRY_POINTS, ...files);
  const text = said + complained;
  // An assertion of console.assert ends no test.
  const failed = !success || text.includes("Assertion failed");
  return [
    ...withoutExample(symbols).map((name) => `${name} must have an example: found none`),
    ...failed ? [text] : [],
  ];
}

if (import.meta.main) {
  await runCheck("check:examples", "Says which exports have no example, and which examples fail.", faults);
}

/** The files that others import wagon by, as deno.json names them. */
const NAMES = ["mod", "onnx", "autodiff", "runlog", "wire"];
export const ENTRY_POINTS = NAMES.map((name) => `exports/${name}.ts`);
/** As a project that links this one imports them. */
export const LINKED_NAMES = NAMES.map((name) => name === "mod" ? "@wagon/wagon" : `@wagon/wagon/${name}`);

/** The files that others import wagon by, as deno.json names them. */
export const ENTRY_POINTS = ["mod", "onnx", "autodiff", "runlog", "wire"].map((name) => `exports/${name}.ts`);

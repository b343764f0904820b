declare const program: WebAssembly.Module;
export default program;

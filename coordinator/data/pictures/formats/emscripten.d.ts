/** Opens a codec that emscripten compiled. */
export default function open(options: object): Promise<unknown>;

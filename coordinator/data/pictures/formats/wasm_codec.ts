/** Opens decoders in C, those of @jsquash and libjpeg-turbo, as WebAssembly, without rights of their own. */

interface EmscriptenOptions {
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}

export type OpenCodec<C> = (options: EmscriptenOptions) => Promise<C>;

/** What the decoders give: red, green, blue and alpha. */
export interface Decoded {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export function openCodec<C>(open: OpenCodec<C>, program: WebAssembly.Module): Promise<C> {
  return open({
    instantiateWasm: (imports, receive) => {
      const instance = new WebAssembly.Instance(program, imports);
      receive(instance);
      return instance.exports;
    },
    print: () => {},
    printErr: () => {},
  });
}

/** The pixels, if the decoder gave any of this size. Throws Error with the reason. */
export function pixelsFrom(title: string, decoded: Decoded | null, width: number, height: number) {
  if (decoded === null || decoded.width !== width || decoded.height !== height) {
    throw new Error(`a ${title} that is damaged or ends early`);
  }
  const { buffer, byteOffset, length } = decoded.data;
  return { width, height, channels: 4, white: 255, data: new Uint8Array(buffer, byteOffset, length) };
}

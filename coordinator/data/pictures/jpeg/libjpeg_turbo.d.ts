/** Types of the parts of @cornerstonejs/codec-libjpeg-turbo-8bit used here; it comes without types. */

export interface JpegDecoder {
  /** Room for a file; valid until the next call into the codec. */
  getEncodedBuffer(size: number): Uint8Array;
  /** Throws the address of a text where libjpeg-turbo fails, or warns. */
  decode(): void;
  getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
  /** Tones, interleaved, in the codec's own memory. */
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

export interface Codec {
  readonly JPEGDecoder: new () => JpegDecoder;
}

export default function open(options: {
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ) => WebAssembly.Exports;
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
}): Promise<Codec>;

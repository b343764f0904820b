/** Types of the parts of gifenc used here; it comes without types. */
declare module "gifenc" {
  type Palette = readonly (readonly [number, number, number])[];
  interface Encoder {
    /** `index`: a place in the palette for each pixel. `delay`: milliseconds. `repeat`: 0 for ever. */
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { palette: Palette; delay: number; repeat: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }
  const gifenc: {
    GIFEncoder(): Encoder;
    quantize(rgba: Uint8Array, max_colors: number): Palette;
    applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
  };
  export default gifenc;
}

/** Pictures of four inks (cyan, magenta, yellow, black), as Pillow makes colours of them without a profile. */

/** Red, green, blue of pixels of four inks, 0 none to 255 full. */
export function inkColours(inks: ArrayLike<number>): Uint8Array {
  const data = new Uint8Array(inks.length / 4 * 3);
  for (let i = 0, to = 0; i < inks.length; i += 4) {
    const light = 255 - inks[i + 3]!;
    for (let c = 0; c < 3; c++) {
      data[to++] = Math.max(0, light - Math.floor(inks[i + c]! * light / 255 + 0.5));
    }
  }
  return data;
}

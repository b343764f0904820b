/** The decoders that are programs of their own, one of each for a thread, opened when the first file needs them. */
import type { AvifCodec } from "./formats/avif_codec.ts";
import type { WebpCodec } from "./formats/webp_codec.ts";
import { JpegCodec } from "./jpeg/jpeg_codec.ts";

export class PictureCodecs {
  readonly jpeg = new JpegCodec();
  #webp: Promise<WebpCodec> | null = null;
  #avif: Promise<AvifCodec> | null = null;

  webp(): Promise<WebpCodec> {
    return this.#webp ??= import("./formats/webp_codec.ts").then(({ openWebp }) => openWebp());
  }

  avif(): Promise<AvifCodec> {
    return this.#avif ??= import("./formats/avif_codec.ts").then(({ openAvif }) => openAvif());
  }
}

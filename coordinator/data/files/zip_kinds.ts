/** ZIP archives that hold no arrays, named for what they are. */
import { extname } from "node:path";
import { shownName } from "../../../common/files/zip.ts";
import { refuse } from "./data_file.ts";

/** Refuses an archive by the names in it. */
export function refuseArchive(file: string, names: readonly string[]): never {
  const [what, way] = describe(file, names.filter((name) => !name.endsWith("/")));
  refuse(file, `an NPZ file with at least one array is required, found ${what}; ${way}`);
}

function describe(file: string, names: readonly string[]): readonly [what: string, way: string] {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (names.length === 0) return ["an empty ZIP archive", "download it again"];
  if (has(/^xl\//) || (names[0] === "mimetype" && has(/^content\.xml$/))) {
    return ["a spreadsheet", "save its sheet as CSV"];
  }
  if (has(/(^|\/)data\.pkl$/)) {
    return [
      "a PyTorch file",
      `write its tensor with Python: numpy.save("x.npy", torch.load("${file}").numpy())`,
    ];
  }
  const pictures = names.filter((name) => /\.(png|jpe?g|webp|tiff?|bmp|gif)$/i.test(name));
  const unpack = `unpack it (unzip ${file} -d data)`;
  if (pictures.length > 0) {
    return [
      `a ZIP archive of ${pictures.length} ${pictures.length === 1 ? "picture" : "pictures"}`,
      `${unpack}, and name the folder with --data`,
    ];
  }
  const kinds = [...new Set(names.map((name) => shownName(extname(name) || name)))].slice(0, 4).join(", ");
  return [`a ZIP archive of other files (${kinds})`, `${unpack}, and name its content with --data`];
}

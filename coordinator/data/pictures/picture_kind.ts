/** Recognises, by its first bytes, a file that is not the picture that its name says. */

interface Kind {
  readonly name: string;
  /** Offset of the mark. */
  readonly at: number;
  readonly mark: string;
}

const KINDS: readonly Kind[] = [
  { name: "an HEIC picture", at: 4, mark: "ftyphei" },
  { name: "an HEIC picture", at: 4, mark: "ftypmif1" },
  { name: "a JPEG XL picture", at: 0, mark: "\xff\x0a" },
  { name: "a JPEG XL picture", at: 4, mark: "JXL " },
  { name: "a JPEG 2000 picture", at: 4, mark: "jP  " },
  { name: "a Photoshop picture", at: 0, mark: "8BPS" },
  { name: "an icon file", at: 0, mark: "\0\0\x01\0" },
  { name: "a PDF file", at: 0, mark: "%PDF" },
  { name: "a ZIP file", at: 0, mark: "PK\x03\x04" },
  { name: "a gzip file", at: 0, mark: "\x1f\x8b" },
  { name: "an SVG or XML file", at: 0, mark: "<?xml" },
  { name: "an SVG file", at: 0, mark: "<svg" },
  { name: "a web page", at: 0, mark: "<!doctype" },
  { name: "a web page", at: 0, mark: "<html" },
  {
    name: "a Git LFS pointer (git lfs pull downloads the file)",
    at: 0,
    mark: "version https://git-lfs",
  },
];

/** The kind of a file that is no picture that is read, in words for a person. */
export function kindOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const begin = String.fromCharCode(...bytes.subarray(0, 32));
  const kind = KINDS.find(({ at, mark }) =>
    begin.slice(at, at + mark.length).toLowerCase() === mark.toLowerCase()
  );
  if (!kind) return "no known kind of picture";
  return kind.name.endsWith("picture") ? `${kind.name} (convert it to PNG)` : kind.name;
}

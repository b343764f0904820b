/** Files that the page gives to whoever looks at it. */

/** A PNG is enlarged, by a whole number, until its longer side has at least this many pixels. */
const PNG_SIDE = 800;

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function saveBytes(bytes: Uint8Array<ArrayBuffer>, name: string): void {
  save(new Blob([bytes]), name);
}

/** The picture of a canvas on white, large enough to be looked at. */
export async function savePng(canvas: HTMLCanvasElement, name: string): Promise<void> {
  const factor = Math.max(1, Math.ceil(PNG_SIDE / Math.max(canvas.width, canvas.height)));
  const large = document.createElement("canvas");
  large.width = factor * canvas.width;
  large.height = factor * canvas.height;
  const context = large.getContext("2d")!;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, large.width, large.height);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  const blob = await new Promise<Blob | null>((resolve) => large.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("Cannot save the picture: this browser cannot make a PNG of it");
  save(blob, name);
}

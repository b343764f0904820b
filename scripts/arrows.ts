/** How much of a folder knows of the rest of it: its subfolders and files as boxes, imports between them as arrows. */

/** The largest that a folder may become. */
const LIMITS: Readonly<Record<string, { readonly boxes: number; readonly arrows: number }>> = {
  coordinator: { boxes: 11, arrows: 30 },
};

type Imports = ReadonlyMap<string, readonly string[]>;

/** Boxes of a folder and its arrows, e.g. "run -> fleet"; `imports`: of each file, by their paths. */
export function arrowsOf(folder: string, imports: Imports): { boxes: string[]; arrows: string[] } {
  const boxOf = (file: string) => file.startsWith(`${folder}/`) ? file.split("/")[1]! : null;
  const boxes = new Set<string>(), arrows = new Set<string>();
  for (const [file, targets] of imports) {
    const from = boxOf(file);
    if (from === null) continue;
    boxes.add(from);
    for (const target of targets) {
      const to = boxOf(target);
      if (to !== null && to !== from) arrows.add(`${from} -> ${to}`);
    }
  }
  return { boxes: [...boxes].sort(), arrows: [...arrows].sort() };
}

/** Folders with more boxes or arrows than they may have, a line each. */
export function tangled(imports: Imports): string[] {
  return Object.entries(LIMITS).flatMap(([folder, limit]) => {
    const { boxes, arrows } = arrowsOf(folder, imports);
    if (boxes.length <= limit.boxes && arrows.length <= limit.arrows) return [];
    return [
      `${folder}/ must have at most ${limit.boxes} files and folders with ${limit.arrows} imports between them: found ` +
      `${boxes.length} (${boxes.join(", ")}) with ${arrows.length} (${arrows.join(", ")})`,
    ];
  });
}

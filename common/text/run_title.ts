/** How a run is called where people look at it. */

/** Its folder's name, and its own where that says more. */
export function runTitle(folder: string, name: string | null): string {
  return name === null || folder.includes(name) ? folder : `${name} (${folder})`;
}

/** A count with its noun, its thousands apart: "1 line", "2 lines", "1,280,000 lines". */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;
}

/**
 * Version of wagon, as CHANGELOG.md lists it.
 *
 * @example
 * ```ts
 * import { WAGON_VERSION } from "@wagon/wagon";
 *
 * console.assert(/^\d+\.\d+\.\d+$/.test(WAGON_VERSION));
 * ```
 */
export const WAGON_VERSION = "0.2.0";

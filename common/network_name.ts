/** The two networks of a run, by the names that messages, logs and files have for them. */

/**
 * A network whose weights are trained.
 *
 * @example
 * ```ts
 * import type { NetworkName } from "@wagon/wagon/wire";
 *
 * const networks: NetworkName[] = ["critic", "generator"];
 * console.assert(networks.length === 2);
 * ```
 */
export type NetworkName = "critic" | "generator";
export const NETWORKS = ["critic", "generator"] as const satisfies readonly NetworkName[];

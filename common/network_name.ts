/** The two networks of a run, by the names that messages, logs and files have for them. */

/** A network whose weights are trained. */
export type NetworkName = "critic" | "generator";
export const NETWORKS = ["critic", "generator"] as const satisfies readonly NetworkName[];

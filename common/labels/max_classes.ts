/** Most classes that the labels of a run may have. */
export const MAX_CLASSES = 4096;

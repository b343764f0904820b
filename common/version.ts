/** Version of wagon, as CHANGELOG.md lists it. */
export const WAGON_VERSION = "0.2.0";

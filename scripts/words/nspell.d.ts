/** Types of the parts of nspell used here; it comes without types. */
export default function nspell(dictionary: { readonly aff: Uint8Array; readonly dic: Uint8Array }): {
  correct(word: string): boolean;
  suggest(word: string): string[];
  add(word: string): unknown;
};

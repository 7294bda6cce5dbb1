/** The shape of one language's messages, for another to have it whole and nothing besides. */
export type WordsOf<Messages> = Messages extends string
  ? string
  : { readonly [Key in keyof Messages]: WordsOf<Messages[Key]> };

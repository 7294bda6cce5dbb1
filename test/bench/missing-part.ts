/** Something that this machine lacks for a bench; the message names it. */
export class MissingPart extends Error {}

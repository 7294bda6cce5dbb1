// How many pictures this page decodes at once: a phone's decoders run out at about a dozen, and then none of them plays.

const ON_PHONE = 9;
const ON_DESK = 16;
const PHONE = "(max-width: 700px)";

let taken = 0;

/** A place to play in, to be given back; undefined when all are taken. */
export function takePlaySlot(): (() => void) | undefined {
  if (taken >= (matchMedia(PHONE).matches ? ON_PHONE : ON_DESK)) return undefined;
  taken++;
  let isGiven = false;
  return () => {
    if (!isGiven) taken--;
    isGiven = true;
  };
}

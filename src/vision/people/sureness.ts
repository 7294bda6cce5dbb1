// How sure it is that a track is somebody: Wald's sequential test over its looks, kept from going below nothing (CUSUM).

/**
 * A look at somebody adds nothing at this share of the model's usual score, and takes away below: ducks and bags that look
 * a little like people do so on every look.
 */
const EVEN_SHARE = 0.85;
/** One look alone never makes somebody of a box, however sure the model is of it. */
const MOST = 0.9;
/** Nor do one or two looks undo many: people turn, bend and go behind reeds. */
const LEAST = -0.4;

/**
 * What one look says, in shares of what a rule of normal sensitivity asks for: two looks at the model's usual score are 1.
 * Grows with the log odds of the score, as what independent looks say adds up.
 * @param score 0 to 1; undefined: looked for and not seen.
 * @returns -0.4 to 0.9.
 */
export function lookWeight(score: number | undefined, usualScore: number): number {
  if (score === undefined) return LEAST;
  const even = logOdds(usualScore * EVEN_SHARE);
  const weight = (logOdds(score) - even) / (2 * (logOdds(usualScore) - even));
  return Math.min(MOST, Math.max(LEAST, weight));
}

function logOdds(score: number): number {
  return Math.log(score / (1 - score));
}

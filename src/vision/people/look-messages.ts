import type { LookPicture, PersonBox, PersonModelFacts } from "./person-model.ts";

// What passes between the gateway and the program that looks, one question and one answer at a time.

export interface LoadQuestion {
  readonly kind: "load";
  readonly file: string;
  /** What the file's SHA-256 has to be. */
  readonly sha256: string;
  readonly threads: number;
}

export interface LookQuestion {
  readonly kind: "look";
  readonly picture: LookPicture;
}

export type LookAnswer =
  | { readonly kind: "loaded"; readonly facts: PersonModelFacts }
  | { readonly kind: "people"; readonly people: readonly PersonBox[] }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** What the bench `desk` and its program of villages say to each other. */
export type VillageOrder =
  | { readonly kind: "raise" | "clear"; readonly village: number; readonly alarm: string }
  /** Told once its horn sounds. */
  | { readonly kind: "listen"; readonly village: number };

export type VillageWord =
  | { readonly kind: "ready"; readonly urls: readonly string[] }
  | { readonly kind: "raised"; readonly alarm: string; readonly atMs: number }
  | { readonly kind: "sounded"; readonly village: number; readonly atMs: number };

/** What the program of villages is started with, as JSON. */
export interface VillagesPlan {
  readonly deskUrl: string;
  /** For their ledgers. */
  readonly folder: string;
  readonly villages: readonly { readonly id: string; readonly token: string }[];
  readonly cameras: readonly string[];
}

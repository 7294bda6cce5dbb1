// What the two sides of the chaos know of each other.
export const CHAOS_SITE = "chaos-village";
export const CHAOS_TOKEN = "a-token-of-the-township";

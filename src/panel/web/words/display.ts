export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
export const SIZES = ["usual", "large"] as const;
export const LIGHTS = ["auto", "day", "night"] as const;

/** How somebody wants to see the page. */
export interface Display {
  language: Language;
  /** `large` shows larger and darker letters, and fewer things. */
  size: (typeof SIZES)[number];
  light: (typeof LIGHTS)[number];
}

const USUAL: Display = { language: "zh", size: "usual", light: "auto" };
const EVENING_HOUR = 19;
const MORNING_HOUR = 6;

/** What a browser has kept; whatever is not among the choices is as usual. */
export function keptDisplay(kept: string | null): Display {
  let value: Partial<Record<keyof Display, unknown>> | null;
  try {
    value = JSON.parse(kept ?? "null");
  } catch {
    return { ...USUAL };
  }
  return {
    language: LANGUAGES.find((one) => one === value?.language) ?? USUAL.language,
    size: SIZES.find((one) => one === value?.size) ?? USUAL.size,
    light: LIGHTS.find((one) => one === value?.light) ?? USUAL.light,
  };
}

/** Whether the page is dark: as was chosen, else where the browser likes it or it is night. @param hour of the day here, 0 to 23. */
export function isNight(light: Display["light"], prefersNight: boolean, hour: number): boolean {
  if (light !== "auto") return light === "night";
  return prefersNight || hour >= EVENING_HOUR || hour < MORNING_HOUR;
}

import { reactive, watch } from "vue";
import { isNight, keptDisplay, type Language } from "../words/display.ts";

const KEY = "display";
const LOOK_MS = 60_000;

/** How this browser shows the page; kept in it, for whoever sits here. */
export const display = reactive(keptDisplay(kept()));

const prefersNight = matchMedia("(prefers-color-scheme: dark)");

/** Storage may be forbidden; then all is as usual each time. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(display));
  } catch {}
}

function apply(): void {
  const { dataset } = document.documentElement;
  dataset["light"] = isNight(display.light, prefersNight.matches, new Date().getHours()) ? "night" : "day";
  dataset["size"] = display.size;
}

/** Shows the page as it was chosen here, from now on; `use` takes the language wanted, and tells which the page then has. */
export function followDisplay(use: (language: Language) => Promise<Language>): void {
  const speak = async (): Promise<void> => {
    const language = await use(display.language);
    document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  };
  apply();
  void speak();
  watch(display, () => {
    apply();
    void speak();
    keep();
  });
  prefersNight.addEventListener("change", apply);
  setInterval(apply, LOOK_MS);
}

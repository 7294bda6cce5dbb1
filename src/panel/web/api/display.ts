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
  document.documentElement.lang = display.language === "zh" ? "zh-CN" : display.language;
}

/** Shows the page as it was chosen here, from now on; `use` takes the language. */
export function followDisplay(use: (language: Language) => void): void {
  apply();
  use(display.language);
  watch(display, () => {
    apply();
    use(display.language);
    keep();
  });
  prefersNight.addEventListener("change", apply);
  setInterval(apply, LOOK_MS);
}

import { createI18n, useI18n } from "vue-i18n";
import type { WordsOf } from "./messages/words-of.ts";
import { type Messages, zh } from "./messages/zh.ts";
import type { Language } from "./words/display.ts";
import { type Phrase, reasonKey } from "./words/phrase.ts";

const messages: { zh: WordsOf<Messages>; en?: WordsOf<Messages> } = { zh };

export const i18n = createI18n({ legacy: false, locale: "zh", fallbackLocale: "zh", messages });

let wanted: Language = "zh";
let hasEnglish = false;

/** English is loaded when somebody wants it; until it is there, and where it does not come, the page stays Chinese. @returns the language of the page now. */
export async function useLanguage(language: Language): Promise<Language> {
  wanted = language;
  if (language === "en" && !hasEnglish) {
    try {
      const { en } = await import("./messages/en.ts");
      i18n.global.setLocaleMessage("en", en);
      hasEnglish = true;
    } catch {
      // The next choice, or the next visit, asks for it again.
      return i18n.global.locale.value;
    }
  }
  if (wanted === language) i18n.global.locale.value = language;
  return i18n.global.locale.value;
}

/** A code without words of its own is shown as it is: better than nothing to read out on the telephone. */
export function reason(code: string): string {
  const { t, te } = i18n.global;
  if (code === "") return t("reason.unknown");
  return te(reasonKey(code)) ? t(reasonKey(code)) : code;
}

/** Turns keys and phrases into words. */
export function useWords() {
  const { t, te, tm } = useI18n({ useScope: "global" });
  const say = (phrase: Phrase): string => t(phrase.key, phrase.params);
  const source = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
    te(`sources.${kind}`) ? t(`sources.${kind}`, { name }) : name;
  return { t, tm, say, reason, source };
}

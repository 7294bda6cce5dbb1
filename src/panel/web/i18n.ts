import { createI18n, useI18n } from "vue-i18n";
import { zh } from "./messages/zh.ts";
import type { Language } from "./words/display.ts";
import { type Phrase, reasonKey } from "./words/phrase.ts";

export const i18n = createI18n({ legacy: false, locale: "zh", messages: { zh } });

export function useLanguage(language: Language): void {
  i18n.global.locale.value = language === "en" ? "zh" : language;
}

/** Turns keys and phrases into words. */
export function useWords() {
  const { t, te, tm } = useI18n({ useScope: "global" });
  const say = (phrase: Phrase): string => t(phrase.key, phrase.params);
  /** A code without words of its own is shown as it is: better than nothing to read out on the telephone. */
  const reason = (code: string): string => {
    if (code === "") return t("reason.unknown");
    return te(reasonKey(code)) ? t(reasonKey(code)) : code;
  };
  const source = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
    te(`sources.${kind}`) ? t(`sources.${kind}`, { name }) : name;
  return { t, tm, say, reason, source };
}

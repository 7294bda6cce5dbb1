import { codeOf, ProblemError } from "../api/http.ts";
import { setUp } from "../api/set-up-store.ts";
import { useWords } from "../i18n.ts";
import { lastChange } from "../words/added-rule.ts";
import { useVillage } from "./use-village.ts";

/**
 * Words for what the set-up alone refuses: what is wrong with it, or who was quicker; undefined for all else. Of what was typed, if
 * anything, they say that it is kept.
 */
export function useSetUpRefusal(): (error: unknown, isTyped?: boolean) => string | undefined {
  const { t, say } = useWords();
  const { now, times } = useVillage();
  return (error, isTyped = false) => {
    const code = codeOf(error);
    if (code === "set_up.invalid" && error instanceof ProblemError && error.detail) {
      return t("setUp.invalid", { detail: error.detail });
    }
    if (code !== "set_up.changed") return undefined;
    const quicker = setUp.view.value && lastChange(setUp.view.value);
    const words = isTyped ? "newRule" : "setUp";
    if (!quicker) return t(`${words}.changedUnknown`);
    return t(`${words}.changed`, { by: quicker.by, time: say(times.value.since(quicker.at, now.value)) });
  };
}

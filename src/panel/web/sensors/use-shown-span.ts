import { onMounted, type Ref, ref, type ShallowRef, shallowRef } from "vue";
import { codeOf } from "../api/http.ts";
import { useWords } from "../i18n.ts";
import type { CurveSpan } from "../words/sensor-curve.ts";

export interface ShownSpan<Curve> {
  readonly chosen: Ref<CurveSpan>;
  /** Of the span that was loaded last; undefined until there is one. */
  readonly shown: Readonly<ShallowRef<Curve | undefined>>;
  readonly busy: Ref<boolean>;
  /** In words, empty while nothing failed. */
  readonly failure: Ref<string>;
  show(span: CurveSpan): Promise<void>;
}

/** Loads one span after the other, the day first; what comes when another one has been chosen is not shown. */
export function useShownSpan<Curve>(load: (span: CurveSpan) => Promise<Curve>): ShownSpan<Curve> {
  const { t, reason } = useWords();
  const chosen = ref<CurveSpan>("day");
  const shown = shallowRef<Curve>();
  const busy = ref(false);
  const failure = ref("");

  async function show(span: CurveSpan): Promise<void> {
    chosen.value = span;
    busy.value = true;
    failure.value = "";
    try {
      const loaded = await load(span);
      if (chosen.value === span) shown.value = loaded;
    } catch (error) {
      if (chosen.value === span) failure.value = t("curve.failed", { reason: reason(codeOf(error)) });
    } finally {
      if (chosen.value === span) busy.value = false;
    }
  }

  onMounted(() => show("day"));
  return { chosen, shown, busy, failure, show };
}

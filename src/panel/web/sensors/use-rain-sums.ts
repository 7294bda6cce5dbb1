import { computed, onBeforeUnmount, onMounted, type Ref, ref, watch } from "vue";
import { curveOf } from "../api/sensor-curve.ts";
import { useVillage } from "../parts/use-village.ts";
import { type RainSum, rainWithin, todaySpan } from "../words/rain-words.ts";
import { floodSeason } from "../words/sensor-curve.ts";

const REFRESH_MS = 3 * 60_000;
/** As few as the box gives. */
const PARTS = 2;

export interface AskedSum {
  readonly sum: Ref<RainSum>;
  ask(): Promise<void>;
}

/** What came today and in the flood season. Today goes on by itself, and so does what could not be had. */
export function useRainSums(sensor: string): { readonly today: AskedSum; readonly season: AskedSum } {
  const { state, now } = useVillage();
  const timezone = computed(() => state.value.site.timezone);
  const today = askedSum(sensor, () => todaySpan(Date.parse(now.value), timezone.value));
  const season = askedSum(sensor, () => floodSeason(Date.parse(now.value), timezone.value));
  let refreshing: ReturnType<typeof setInterval> | undefined;

  function begin(): void {
    for (const each of [today, season]) {
      each.sum.value = "asking";
      void each.ask();
    }
  }

  watch(() => todaySpan(Date.parse(now.value), timezone.value).fromMs, begin);
  onMounted(() => {
    begin();
    refreshing = setInterval(() => {
      void today.ask();
      if (season.sum.value === "failed") void season.ask();
    }, REFRESH_MS);
  });
  onBeforeUnmount(() => clearInterval(refreshing));
  return { today, season };
}

function askedSum(sensor: string, spanNow: () => { fromMs: number; toMs: number }): AskedSum {
  const sum = ref<RainSum>("asking");
  let asked = 0;
  return {
    sum,
    async ask() {
      asked += 1;
      const own = asked;
      if (sum.value === "failed") sum.value = "asking";
      const span = spanNow();
      const told: RainSum = await curveOf(sensor, span, PARTS).then(
        (parts) => rainWithin(parts, span),
        () => "failed",
      );
      // An answer about yesterday may come after one about today.
      if (own === asked) sum.value = told;
    },
  };
}

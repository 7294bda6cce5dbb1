import { type ComputedRef, computed, type InjectionKey, inject, provide } from "vue";
import type { VillageState } from "../../../core/village.ts";
import { codeOf, deviceOf } from "../api/http.ts";
import { village } from "../api/village-store.ts";
import { useWords } from "../i18n.ts";
import type { Speech } from "../words/event-data.ts";
import { createTimes } from "../words/times.ts";
import { provideTimes, type TimesInUse } from "./use-times.ts";

/** The village's state, which is there for as long as these components are. */
export interface VillageInUse extends TimesInUse {
  readonly state: ComputedRef<VillageState>;
  /** How the village calls an upstream. */
  readonly upstreamName: (id: string) => string;
  readonly speech: Speech;
  /** Why the box said no, with the speaker where it is about one. */
  readonly refusal: (error: unknown) => string;
}

const KEY: InjectionKey<VillageInUse> = Symbol("village");

export function provideVillage(state: ComputedRef<VillageState>): VillageInUse {
  const { t, reason, source } = useWords();
  const timezone = computed(() => state.value.site.timezone);
  const inUse: VillageInUse = {
    state,
    now: computed(() => village.now.value || state.value.now),
    times: computed(() => createTimes(timezone.value)),
    upstreamName: (id) => (state.value.upstreams.length > 1 ? id : t("township.name")),
    speech: {
      reason,
      source: ({ kind, name }) => {
        const rule = kind === "rule" ? state.value.rules.find(({ id }) => id === name) : undefined;
        return source({ kind, name: rule?.name ?? name });
      },
    },
    refusal: (error) => {
      const speaker = state.value.speakers.find((one) => one.speaker === deviceOf(error));
      const why = reason(codeOf(error));
      return speaker ? t("speak.ofSpeaker", { speaker: speaker.name, reason: why }) : why;
    },
  };
  provide(KEY, inUse);
  provideTimes(inUse);
  return inUse;
}

export function useVillage(): VillageInUse {
  const inUse = inject(KEY);
  if (!inUse) throw new Error("useVillage is for components within VillagePage");
  return inUse;
}

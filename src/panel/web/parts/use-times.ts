import { type ComputedRef, type InjectionKey, inject, provide } from "vue";
import type { Times } from "../words/times.ts";

/** The time where the page belongs: of a village, or of a township's desk. */
export interface TimesInUse {
  readonly now: ComputedRef<string>;
  readonly times: ComputedRef<Times>;
}

const KEY: InjectionKey<TimesInUse> = Symbol("times");

export function provideTimes(inUse: TimesInUse): void {
  provide(KEY, inUse);
}

export function useTimes(): TimesInUse {
  const inUse = inject(KEY);
  if (!inUse) throw new Error("useTimes is for components within a page");
  return inUse;
}

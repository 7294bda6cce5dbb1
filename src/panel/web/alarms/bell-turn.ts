import { onBeforeUnmount, type Ref, ref, watch } from "vue";
import { session } from "../api/session-store.ts";
import { bellAllowed } from "./bell.ts";

/**
 * What it is this page's turn to do of telling of alarms: of several pages in one browser one does it, the next when that one is closed or
 * cannot any more. A page that its browser lets not sound yet can still notify, so each has a turn of its own.
 */
export function useBellTurns(): {
  readonly rings: Readonly<Ref<boolean>>;
  readonly notifies: Readonly<Ref<boolean>>;
} {
  // A page behind its log-in hears of no alarm.
  const isIn = (): boolean => session.status.value === "in";
  return {
    rings: useTurn("alarm-bell", () => isIn() && bellAllowed.value),
    notifies: useTurn("alarm-notice", isIn),
  };
}

function useTurn(what: string, wants: () => boolean): Readonly<Ref<boolean>> {
  const isOurs = ref(false);
  let leave: AbortController | undefined;

  function letGo(): void {
    leave?.abort();
    leave = undefined;
    isOurs.value = false;
  }

  function ask(): void {
    const left = new AbortController();
    leave = left;
    if (!("locks" in navigator)) {
      isOurs.value = true;
      return;
    }
    navigator.locks
      .request(what, { signal: left.signal }, () => {
        // Between the grant and this call it may have been left.
        if (left.signal.aborted) return;
        isOurs.value = true;
        return new Promise<void>((resolve) => left.signal.addEventListener("abort", () => resolve()));
      })
      // It was left before its turn came.
      .catch(() => undefined);
  }

  watch(wants, (does) => (does ? ask() : letGo()), { immediate: true });
  onBeforeUnmount(letGo);
  return isOurs;
}

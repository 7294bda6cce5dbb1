import { onBeforeUnmount, onMounted, type Ref, ref } from "vue";

/** Whether it is this page's turn to tell of alarms: of several pages in one browser one does, the next when it is closed. */
export function useBellTurn(): Readonly<Ref<boolean>> {
  const isOurs = ref(!("locks" in navigator));
  const closed = new AbortController();
  onMounted(() => {
    if (isOurs.value) return;
    navigator.locks
      .request("alarm-bell", { signal: closed.signal }, () => {
        isOurs.value = true;
        return new Promise<void>((resolve) => closed.signal.addEventListener("abort", () => resolve()));
      })
      // It was closed before its turn came.
      .catch(() => undefined);
  });
  onBeforeUnmount(() => closed.abort());
  return isOurs;
}

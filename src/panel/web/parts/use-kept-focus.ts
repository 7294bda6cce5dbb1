import { nextTick, onBeforeUpdate, onUpdated, type Ref } from "vue";

/**
 * Keeps the focus in `frame` when what had it goes away or is put out of use for a while: a keyboard and a screen reader go on there, not at
 * the top of the page. `frame` has to take the focus by script.
 */
export function useKeptFocus(frame: Readonly<Ref<HTMLElement | undefined>>) {
  let wasWithin = false;

  const isWithin = (): boolean => frame.value?.contains(document.activeElement) ?? false;

  function giveTo(element: HTMLElement | undefined): void {
    element?.focus({ preventScroll: true });
  }

  onBeforeUpdate(() => {
    wasWithin = isWithin();
  });
  onUpdated(() => {
    if (wasWithin && !isWithin()) giveTo(frame.value);
  });

  /** Around work during which a button cannot be used: browsers take the focus from it. */
  async function keepFocus<T>(work: () => Promise<T>): Promise<T> {
    const had = document.activeElement;
    try {
      return await work();
    } finally {
      await nextTick();
      const isLost = document.activeElement === document.body;
      const isStillThere = had instanceof HTMLElement && frame.value?.contains(had);
      if (isLost && had !== document.body) giveTo(isStillThere ? had : frame.value);
    }
  }

  return { keepFocus };
}

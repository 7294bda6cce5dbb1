import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from "vue";
import { cancelExport, type ExportView, exportsOf, orderExport } from "../api/exports.ts";
import { codeOf, isRefusal } from "../api/http.ts";
import { newId } from "../api/new-id.ts";
import type { Span } from "../api/playback.ts";
import { createWishIds } from "../words/wish-ids.ts";

const LOOK_MS = 1_000;
/** After the box did not answer. */
const AGAIN_MS = 5_000;

/** What was ordered of a camera, by whoever and whenever: the box makes and keeps it, whatever a page does meanwhile. */
export function useExports(camera: string) {
  const made = shallowRef<readonly ExportView[]>([]);
  /** The code of why it is not known how far they are; empty while it is. */
  const unknown = ref("");
  /** What was ordered and may have been taken, since no answer came; until it stands in the list. */
  const doubt = shallowRef<{ readonly id: string; readonly code: string }>();
  const isGoing = computed(() =>
    made.value.some(({ status }) => status === "waiting" || status === "running"),
  );
  const ids = createWishIds(newId, () => performance.now());
  let looking: ReturnType<typeof setTimeout> | undefined;
  let asked: object | undefined;
  let isGone = false;

  async function look(): Promise<void> {
    clearTimeout(looking);
    // What was ordered may be answered after whoever ordered it has closed this.
    if (isGone) return;
    const mine = {};
    asked = mine;
    try {
      const found = await exportsOf(camera);
      if (asked !== mine) return;
      made.value = found;
      unknown.value = "";
      if (found.some(({ id }) => id === doubt.value?.id)) settle();
    } catch (error) {
      if (asked !== mine) return;
      unknown.value = codeOf(error);
    }
    const isSilent = unknown.value !== "" || (doubt.value !== undefined && !isGoing.value);
    if (isGoing.value || isSilent) looking = setTimeout(() => void look(), isSilent ? AGAIN_MS : LOOK_MS);
  }

  function settle(): void {
    doubt.value = undefined;
    ids.answered();
  }

  onMounted(look);
  onBeforeUnmount(() => {
    isGone = true;
    clearTimeout(looking);
    asked = undefined;
  });

  return {
    made,
    unknown,
    doubt,
    /** @throws ProblemError that the box refused it; where no answer came there is `doubt`. */
    async order(span: Span, reason: string): Promise<void> {
      const wish = { camera, span, reason };
      const id = ids.of(wish);
      try {
        await orderExport(id, wish);
        settle();
      } catch (error) {
        if (isRefusal(error)) {
          settle();
          throw error;
        }
        doubt.value = { id, code: codeOf(error) };
      } finally {
        await look();
      }
    },
    /** @throws ProblemError. */
    async cancel(id: string): Promise<void> {
      try {
        await cancelExport(id);
      } finally {
        await look();
      }
    },
  };
}

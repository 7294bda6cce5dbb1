import { computed, onBeforeUnmount, onMounted, ref, shallowRef } from "vue";
import { cancelExport, type ExportView, exportsOf, orderExport } from "../api/exports.ts";
import { codeOf } from "../api/http.ts";
import type { Span } from "../api/playback.ts";

const LOOK_MS = 1_000;
/** After the box did not answer. */
const AGAIN_MS = 5_000;

/** What was ordered of a camera, by whoever and whenever: the box makes and keeps it, whatever a page does meanwhile. */
export function useExports(camera: string) {
  const made = shallowRef<readonly ExportView[]>([]);
  /** The code of why it is not known how far they are; empty while it is. */
  const unknown = ref("");
  const isGoing = computed(() =>
    made.value.some(({ status }) => status === "waiting" || status === "running"),
  );
  let looking: ReturnType<typeof setTimeout> | undefined;
  let asked: object | undefined;

  async function look(): Promise<void> {
    clearTimeout(looking);
    const mine = {};
    asked = mine;
    try {
      const found = await exportsOf(camera);
      if (asked !== mine) return;
      made.value = found;
      unknown.value = "";
    } catch (error) {
      if (asked !== mine) return;
      unknown.value = codeOf(error);
    }
    const isUnknown = unknown.value !== "";
    if (isGoing.value || isUnknown) looking = setTimeout(() => void look(), isUnknown ? AGAIN_MS : LOOK_MS);
  }

  onMounted(look);
  onBeforeUnmount(() => {
    clearTimeout(looking);
    asked = undefined;
  });

  return {
    made,
    unknown,
    /** @throws ProblemError. */
    async order(span: Span, reason: string): Promise<void> {
      await orderExport(camera, span, reason);
      await look();
    },
    /** @throws ProblemError. */
    async cancel(id: string): Promise<void> {
      await cancelExport(id);
      await look();
    },
  };
}

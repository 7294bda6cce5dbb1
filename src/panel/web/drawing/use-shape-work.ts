import { type ComputedRef, computed, type Ref, ref, watch } from "vue";
import type { ShapeKind } from "../../../core/shapes.ts";
import type { CameraView } from "../../../core/village.ts";
import {
  chosenKinds,
  chosenShapes,
  keyOf,
  newShapeId,
  type ShapeWork,
  shapeWorks,
} from "../api/shape-works.ts";
import {
  draftOf,
  lineDraftOf,
  maskDraftOf,
  NOTHING,
  type ShapeDraft,
  shapeDrawing,
} from "../words/shape-draft.ts";

export interface ListedShape {
  readonly id: string;
  readonly name: string;
}

export interface ShapeWorkbench {
  readonly kind: Ref<ShapeKind>;
  /** Those that there are, and those that are begun and not saved. */
  readonly listed: ComputedRef<readonly ListedShape[]>;
  /** Empty while there is none. */
  readonly id: ComputedRef<string>;
  readonly draft: ComputedRef<ShapeDraft>;
  /** As it holds. */
  readonly fresh: ComputedRef<ShapeDraft>;
  /** Who drew what holds; absent while it is as configured, or not there. */
  readonly drawn: ComputedRef<{ readonly by: string; readonly at: string } | undefined>;
  /** The box knows it. */
  readonly isThere: ComputedRef<boolean>;
  readonly isAdded: ComputedRef<boolean>;
  readonly steps: ComputedRef<number>;
  readonly work: ComputedRef<ShapeWork | undefined>;
  /** When that was drawn which holds: see `ShapeOrder.over`. */
  readonly holds: ComputedRef<string | null>;
  /** Somebody else has changed it since it was begun to be drawn here. */
  readonly isRivalled: ComputedRef<boolean>;
  choose(id: string): void;
  /** A new one. */
  begin(name: string): void;
  change(next: ShapeDraft): void;
  /** Without a step of its own to take back. */
  adjust(next: ShapeDraft): void;
  undo(): void;
  /** It goes to the box as it stands. */
  send(): void;
  /** The box has it: `at` is when it was drawn. */
  sent(key: string, at: string | null): void;
  drop(): void;
  /** Saving replaces what somebody else drew from now on: it has been seen. */
  keepMine(): void;
}

/** What is drawn of one camera: which one, its steps, and what somebody else does to it meanwhile. */
export function useShapeWork(
  props: { readonly camera: CameraView },
  sensors: () => readonly string[],
): ShapeWorkbench {
  const { id: camera } = props.camera;
  const kind = ref<ShapeKind>(chosenKinds.get(camera) ?? (props.camera.zones.length > 0 ? "zone" : "line"));
  watch(kind, (chosen) => chosenKinds.set(camera, chosen));

  const there = computed(() => {
    const { zones, lines = [], masks = [] } = props.camera;
    return kind.value === "zone" ? zones : kind.value === "line" ? lines : masks;
  });
  const listed = computed((): ListedShape[] => {
    const begun = [...shapeWorks.keys()].flatMap((key) => {
      const id = key.startsWith(keyOf(camera, kind.value, ""))
        ? key.slice(keyOf(camera, kind.value, "").length)
        : "";
      return id === "" || there.value.some((one) => one.id === id) ? [] : [{ id, name: "" }];
    });
    return [...there.value, ...begun].map(({ id, name }) => ({
      id,
      name: shapeWorks.get(keyOf(camera, kind.value, id))?.draft.name || name,
    }));
  });
  const id = computed(() => {
    const chosen = chosenShapes.get(keyOf(camera, kind.value, ""));
    return listed.value.find((one) => one.id === chosen)?.id ?? listed.value[0]?.id ?? "";
  });
  const key = computed(() => keyOf(camera, kind.value, id.value));
  const work = computed(() => shapeWorks.get(key.value));
  const fresh = computed((): ShapeDraft => {
    const { zones, lines = [], masks = [] } = props.camera;
    const zone = kind.value === "zone" && zones.find((one) => one.id === id.value);
    if (zone) return draftOf(zone, sensors());
    const line = kind.value === "line" && lines.find((one) => one.id === id.value);
    if (line) return lineDraftOf(line);
    const mask = kind.value === "mask" && masks.find((one) => one.id === id.value);
    return mask ? maskDraftOf(mask) : NOTHING;
  });
  const draft = computed(() => work.value?.draft ?? fresh.value);
  const before = computed(() => work.value?.before ?? []);
  const found = computed(() => there.value.find((one) => one.id === id.value));
  const removal = computed(() =>
    (props.camera.removed ?? []).find((one) => one.kind === kind.value && one.id === id.value),
  );
  const drawn = computed(() => found.value?.drawn ?? removal.value);
  const holds = computed(() => drawn.value?.at ?? null);

  function keep(next: ShapeDraft, steps: readonly ShapeDraft[]): void {
    const over = work.value ? work.value.over : holds.value;
    shapeWorks.set(key.value, { draft: next, before: steps, over });
  }

  const written = (one: ShapeDraft): string => JSON.stringify(shapeDrawing(kind.value, one));
  /** What was sent holds, whether its answer came or not. */
  const isSettled = computed(
    () =>
      work.value?.isSent && found.value !== undefined && written(work.value.draft) === written(fresh.value),
  );
  watch(isSettled, (is) => is && shapeWorks.delete(key.value), { immediate: true });

  return {
    kind,
    listed,
    id,
    draft,
    fresh,
    drawn,
    work,
    holds,
    isThere: computed(() => found.value !== undefined),
    isAdded: computed(
      () => found.value !== undefined && "added" in found.value && found.value.added === true,
    ),
    steps: computed(() => before.value.length),
    isRivalled: computed(() => before.value.length > 0 && work.value?.over !== holds.value),
    choose: (one) => void chosenShapes.set(keyOf(camera, kind.value, ""), one),
    begin(name) {
      const made = newShapeId(kind.value);
      chosenShapes.set(keyOf(camera, kind.value, ""), made);
      const draft = { ...NOTHING, name };
      shapeWorks.set(keyOf(camera, kind.value, made), { draft, before: [draft], over: null });
    },
    change(next) {
      if (next !== draft.value) keep(next, [...before.value, draft.value]);
    },
    adjust: (next) => keep(next, before.value),
    undo() {
      const last = before.value.at(-1);
      if (!last) return;
      if (before.value.length > 1) keep(last, before.value.slice(0, -1));
      else shapeWorks.delete(key.value);
    },
    send() {
      if (work.value) shapeWorks.set(key.value, { ...work.value, isSent: true });
    },
    sent(of, at) {
      const done = shapeWorks.get(of);
      if (done) shapeWorks.set(of, { ...done, before: [], over: at, isSent: true });
    },
    drop: () => void shapeWorks.delete(key.value),
    keepMine: () =>
      void shapeWorks.set(key.value, { draft: draft.value, before: before.value, over: holds.value }),
  };
}

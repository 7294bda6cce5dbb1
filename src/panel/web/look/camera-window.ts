import { computed, reactive, readonly } from "vue";
import type { Span } from "../api/playback.ts";
import type { SeenFrame } from "../playback/seen-frame.ts";

/** Which camera stands open above the page, and which search. */
const opened = reactive({
  camera: undefined as string | undefined,
  /** The alarm for which somebody looks there, if any. */
  alarm: undefined as string | undefined,
  replay: false,
  /** What to play first. */
  atMs: undefined as number | undefined,
  /** The camera with which a search begins. */
  search: undefined as string | undefined,
  /** And the time. */
  searchSpan: undefined as Span | undefined,
  /** And what of that camera's recordings was looked at. */
  searchSeen: undefined as SeenFrame | undefined,
});

export const cameraWindow = readonly(opened);
/** Pictures behind it need not play. */
export const coversPage = computed(() => opened.camera !== undefined || opened.search !== undefined);

/** @param alarm because of which somebody looks there: who speaks from it speaks on that one's horns. */
export function openCamera(camera: string, alarm?: string): void {
  Object.assign(opened, { camera, alarm, replay: false, atMs: undefined });
}

/** Above a search, which is still there when the playing is closed. */
export function openReplay(camera: string, atMs?: number): void {
  Object.assign(opened, { camera, alarm: undefined, replay: true, atMs });
}

/** @param span of which time; without, a search that stands there already goes on. @param seen what to point on. */
export function openSearch(camera: string, span?: Span, seen?: SeenFrame): void {
  opened.camera = undefined;
  if (span) Object.assign(opened, { search: camera, searchSpan: span, searchSeen: seen });
  opened.search ??= camera;
}

export function closeCamera(): void {
  opened.camera = undefined;
}

export function closeAll(): void {
  opened.camera = undefined;
  closeSearch();
}

export function closeSearch(): void {
  opened.search = undefined;
  opened.searchSpan = undefined;
  opened.searchSeen = undefined;
}

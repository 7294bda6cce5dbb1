import type { CameraView, VillageState } from "../../../core/village.ts";

/** What answers "can I see the water": cameras whose places rules watch for people, in the order of the site; without any, the first ones. */
export function waterCameras(
  { cameras, rules }: Pick<VillageState, "cameras" | "rules">,
  most: number,
): { readonly isWater: boolean; readonly cameras: readonly CameraView[] } {
  const watched = new Set(rules.flatMap(({ when }) => ("camera" in when ? [when.camera] : [])));
  const atWater = cameras.filter(({ id, zones }) => watched.has(id) && zones.length > 0);
  const isWater = atWater.length > 0;
  return { isWater, cameras: (isWater ? atWater : cameras).slice(0, most) };
}

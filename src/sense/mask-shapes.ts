import { GatewayError } from "../core/errors.ts";
import { uncovers } from "../core/masks.ts";
import { outlineFault } from "../core/outline.ts";
import { type MaskDrawing, MOST_MASKS, type ShapeChange } from "../core/shapes.ts";
import type { Camera, Privacy, Rule } from "../core/site.ts";
import { createShapeDesk, type Intent, type StandingShapes } from "./shape-desk.ts";

export interface StandingMasks extends StandingShapes<MaskDrawing> {
  /** Undefined where nothing of the camera's pictures is hidden. */
  privacyOf(camera: string): Privacy | undefined;
  /** Who paints, or would. */
  painterOf(camera: string): Privacy["by"];
}

/** The masks of every camera. @param rules of which one may turn a camera. */
export function createMaskShapes(
  dependencies: Parameters<typeof createShapeDesk>[0],
  cameras: readonly Pick<Camera, "id" | "privacy">[],
  rules: readonly Pick<Rule, "name" | "look">[],
  changed: readonly ShapeChange<MaskDrawing>[],
): StandingMasks {
  /** The configuration says who paints; where it hides nothing, the box. */
  const painters = new Map(cameras.map(({ id, privacy }) => [id, privacy?.by ?? "box"]));
  const painterOf = (camera: string): Privacy["by"] => painters.get(camera) ?? "box";

  function check({ camera, drawing, before, after, reason }: Intent<MaskDrawing>): void {
    if (drawing) {
      const fault = outlineFault(drawing.polygon);
      if (fault) throw refused(fault.kind, `The mask's outline: ${fault.kind}`);
      const turning = rules.filter(({ look = [] }) => look.some((one) => one.camera === camera));
      // What the box paints stands still in the picture: see docs/adr/0018.
      if (painterOf(camera) === "box" && turning.length > 0) {
        throw refused("rule_turns", `this camera is turned by ${turning.map(({ name }) => name).join(", ")}`);
      }
    }
    const outlines = (masks: readonly MaskDrawing[]) => masks.map(({ polygon }) => polygon);
    if (reason === undefined && uncovers(outlines(before), outlines(after))) {
      throw refused("reason_needed", "something would be seen that is hidden now");
    }
  }

  const configured = cameras.map(({ id, privacy }) => ({ id, shapes: privacy?.masks ?? [] }));
  const desk = createShapeDesk<MaskDrawing>(
    dependencies,
    { kind: "mask", most: MOST_MASKS, cameras: configured, check },
    changed,
  );
  return {
    ...desk,
    painterOf,
    privacyOf(camera) {
      const masks = desk.of(camera);
      return masks.length > 0 ? { by: painterOf(camera), masks } : undefined;
    },
  };
}

function refused(what: string, message: string): GatewayError {
  return new GatewayError(message, { code: `mask.${what}`, kind: "permanent" });
}

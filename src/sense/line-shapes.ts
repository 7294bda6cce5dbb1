import { GatewayError } from "../core/errors.ts";
import { lineFault } from "../core/line-fault.ts";
import { type LineDrawing, MOST_LINES, type ShapeChange } from "../core/shapes.ts";
import type { Camera, Rule } from "../core/site.ts";
import { createShapeDesk, type Intent, type StandingShapes } from "./shape-desk.ts";

/** The lines of every camera. @param rules of which one may need a line. */
export function createLineShapes(
  dependencies: Parameters<typeof createShapeDesk>[0],
  cameras: readonly Pick<Camera, "id" | "lines">[],
  rules: readonly Pick<Rule, "name" | "when">[],
  changed: readonly ShapeChange<LineDrawing>[],
): StandingShapes<LineDrawing> {
  function check({ camera, id, drawing }: Intent<LineDrawing>): void {
    if (drawing) {
      const fault = lineFault(drawing.points);
      if (fault) throw refused(fault, `The line: ${fault}`);
      return;
    }
    const users = rules.filter(
      ({ when }) => when.kind === "line" && when.camera === camera && when.line === id,
    );
    if (users.length > 0) throw refused("in_use", `needed by ${users.map(({ name }) => name).join(", ")}`);
  }

  const configured = cameras.map(({ id, lines = [] }) => ({ id, shapes: lines }));
  // What was drawn once is checked by the rules of its time: what is useless by those of today counts nobody.
  const usable = changed.filter(({ drawing }) => !drawing || !lineFault(drawing.points));
  return createShapeDesk(
    dependencies,
    { kind: "line", most: MOST_LINES, cameras: configured, check },
    usable,
  );
}

function refused(what: string, message: string): GatewayError {
  return new GatewayError(message, { code: `line.${what}`, kind: "permanent" });
}

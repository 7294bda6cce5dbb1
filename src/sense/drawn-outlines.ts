import { waterlineFault } from "../core/dangerous-part.ts";
import { GatewayError } from "../core/errors.ts";
import { outlineFault } from "../core/outline.ts";
import type { ZoneDrawing } from "../core/zones.ts";

/**
 * A drawing that a zone can hold.
 * @param sensors ids of the site's.
 * @throws GatewayError `outline.corners|outside|crosses|empty`, `waterline.unknown_sensor`, and for each kind of
 *   `WaterlineFault` one like `waterline.same_level` (permanent). One line alone is none: it is kept until the next comes.
 */
export function checkDrawing({ polygon, waterline }: ZoneDrawing, sensors: readonly string[]): void {
  const outline = outlineFault(polygon);
  if (outline) throw refused(`outline.${outline.kind}`, `The zone's outline: ${outline.kind}`, outline.at);
  if (!waterline) return;
  if (!sensors.includes(waterline.sensor)) {
    throw refused("waterline.unknown_sensor", `there is no sensor ${waterline.sensor}`, []);
  }
  const fault = waterlineFault(polygon, waterline);
  if (!fault || (fault.kind === "levels" && waterline.lines.length === 1)) return;
  throw refused(`waterline.${fault.kind.replaceAll("-", "_")}`, `The waterline: ${fault.kind}`, fault.at);
}

function refused(code: string, what: string, at: readonly number[]): GatewayError {
  const where = at.length > 0 ? `, at ${at.map((index) => index + 1).join(" and ")}` : "";
  return new GatewayError(`${what}${where}`, { code, kind: "permanent" });
}

import type { Point, Polygon } from "../../core/geometry.ts";

/** Namespace of the Media2 service. */
export const MEDIA2 = "http://www.onvif.org/ver20/media/wsdl";
const SCHEMA = "http://www.onvif.org/ver10/schema";
/** More than any camera has. */
const MOST_MASKS = 64;

export interface ToldMask {
  readonly token: string;
  /** The video source configuration that it belongs to. */
  readonly view: string;
  readonly polygon: Polygon;
}

/** ONVIF counts -1 to 1 from left to right and from bottom to top; we count 0 to 1 from the top left. */
export function createMaskXml(view: string, polygon: Polygon): string {
  const points = polygon.map(([x, y]) => `<Point xmlns="${SCHEMA}" x="${2 * x - 1}" y="${1 - 2 * y}"/>`);
  return (
    `<CreateMask xmlns="${MEDIA2}"><Mask><ConfigurationToken>${view}</ConfigurationToken>` +
    `<Polygon>${points.join("")}</Polygon><Type>Color</Type>` +
    `<Color X="0" Y="0" Z="0" Colorspace="http://www.onvif.org/ver10/colorspace/YCbCr"/><Enabled>true</Enabled></Mask></CreateMask>`
  );
}

/** The masks that are switched on in an answer to GetMasks, as the npm package parses it. */
export function masksOf(answer: unknown): ToldMask[] {
  const response = first(first(answer)?.["getMasksResponse"]);
  const masks = [response?.["masks"] ?? []].flat().slice(0, MOST_MASKS);
  return masks.flatMap((mask) => {
    const told = first(mask);
    if (!told || textOf(told["enabled"]) !== "true") return [];
    const points = [first(told["polygon"])?.["point"] ?? []]
      .flat()
      .map((point) => pointOf(first(point)?.["$"]));
    const polygon = points.filter((point): point is Point => point !== undefined);
    return polygon.length < 3
      ? []
      : [{ token: textOf(first(told["$"])?.["token"]), view: textOf(told["configurationToken"]), polygon }];
  });
}

function pointOf(attributes: unknown): Point | undefined {
  const { x, y } = (first(attributes) ?? {}) as { x?: unknown; y?: unknown };
  const [left, top] = [(Number(x) + 1) / 2, (1 - Number(y)) / 2];
  return Number.isFinite(left) && Number.isFinite(top) ? [left, top] : undefined;
}

/** xml2js gives each element as a list of what stands under that name. */
function first(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === "object" && one !== null ? (one as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" ? one : "";
}

import { type Canvas, createCanvas, GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";
import type { Area } from "./stage.ts";

const HEIGHT = 30;
const WIDTH = 330;
const CJK_FAMILIES = [
  /Noto Sans CJK/,
  /Source Han Sans/,
  /WenQuanYi/,
  /Noto Sans SC/,
  /Noto Serif CJK/,
  /PingFang/,
];

export interface CaptionConfig {
  /** As on the camera, e.g. 东塘. */
  readonly name: string;
  /** Used instead where the machine has no font with Chinese characters; `camera` unless told. */
  readonly plainName?: string;
  /** IANA name; Asia/Shanghai unless told. */
  readonly timezone?: string;
}

/** The name of an installed font with Chinese characters, if there is one. */
export function findChineseFont(): string | undefined {
  const known = GlobalFonts.families.map(({ family }) => family);
  return CJK_FAMILIES.flatMap((wanted) => known.filter((name) => wanted.test(name)))[0];
}

/** What the caption covers. */
export const CAPTION_AREA: Area = { x: 8, y: 5, wide: WIDTH, high: HEIGHT };

/** The name and time that a camera burns into the top left corner; drawn anew once a second only. */
export function createCaption(config: CaptionConfig): (context: SKRSContext2D, wallMs: number) => void {
  const family = findChineseFont();
  const name = family ? config.name : (config.plainName ?? "camera");
  const font = `600 17px ${family ? `"${family}", ` : ""}"DejaVu Sans", sans-serif`;
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: config.timezone ?? "Asia/Shanghai",
    dateStyle: "short",
    timeStyle: "medium",
  });
  let drawn: { readonly second: number; readonly canvas: Canvas } | undefined;

  return (context, wallMs) => {
    const second = Math.floor(wallMs / 1000);
    if (drawn?.second !== second) {
      drawn = { second, canvas: drawText(`${name}  ${format.format(second * 1000)}`, font) };
    }
    context.drawImage(drawn.canvas, 8, 5);
  };
}

function drawText(text: string, font: string): Canvas {
  const canvas = createCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext("2d");
  context.font = font;
  context.lineJoin = "round";
  context.strokeStyle = "rgba(0,0,0,0.75)";
  context.lineWidth = 3;
  context.strokeText(text, 4, 20);
  context.fillStyle = "#ffffff";
  context.fillText(text, 4, 20);
  return canvas;
}

import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import type { Seen } from "./ground.ts";
import { type Arm, type Joint, type Leg, type Pose, poseSkeleton, type Skeleton } from "./skeleton.ts";
import type { Area } from "./stage.ts";

export type Colour = readonly [red: number, green: number, blue: number];

export interface Outfit {
  readonly jacket: Colour;
  readonly trousers: Colour;
  readonly shoes: Colour;
  readonly hair: Colour;
  readonly skin: Colour;
  /** Height against the grown walker's 1.72 m; about 0.62 to 1.05. */
  readonly size: number;
  /** Wide-brimmed straw hat. */
  readonly hat?: boolean;
  /** Long hair in a tail. */
  readonly longHair?: boolean;
}

/** Draws somebody who stands at `seen`, lit from the upper left, with his soft shadow. */
export function drawPerson(context: SKRSContext2D, seen: Seen, pose: Pose, outfit: Outfit): void {
  drawShadow(context, seen, outfit.size);
  context.save();
  context.translate(seen.x, seen.y);
  const scale = seen.pixelsPerMetre * outfit.size;
  // Metres with y upwards from here on.
  context.scale(scale, -scale);
  drawBody(context, poseSkeleton(pose), pose, outfit);
  context.restore();
}

/** A long shadow to the lower right and a dark contact under the feet. */
export function drawShadow(context: SKRSContext2D, seen: Seen, size: number): void {
  const unit = seen.pixelsPerMetre * size;
  for (const [length, thick, shift, alpha] of [
    [1.1, 0.17, 0.75, 0.75],
    [0.42, 0.13, 0.14, 1],
  ] as const) {
    context.save();
    context.globalAlpha = alpha;
    context.translate(seen.x + shift * unit * 0.95, seen.y + shift * unit * 0.13);
    context.rotate(0.14);
    context.drawImage(SOFT_DISC, -length * unit, -thick * unit, 2 * length * unit, 2 * thick * unit);
    context.restore();
  }
}

/** A shadow painted once: a gradient a picture would cost more than the person. */
const SOFT_DISC = paintSoftDisc();

function paintSoftDisc(): Canvas {
  const canvas = createCanvas(64, 64);
  const context = canvas.getContext("2d");
  const fade = context.createRadialGradient(32, 32, 0, 32, 32, 32);
  fade.addColorStop(0, "rgba(20,22,18,0.46)");
  fade.addColorStop(0.55, "rgba(20,22,18,0.3)");
  fade.addColorStop(1, "rgba(20,22,18,0)");
  context.fillStyle = fade;
  context.fillRect(0, 0, 64, 64);
  return canvas;
}

/** The part of the picture that somebody with his shadow can cover. */
export function personArea(seen: Seen, size: number): Area {
  const unit = seen.pixelsPerMetre * size;
  return { x: seen.x - unit, y: seen.y - 1.95 * unit, wide: 3.2 * unit, high: 2.45 * unit };
}

/** Points all round the body in the picture (pixels): what of him can touch a zone. */
export function personPoints(seen: Seen, pose: Pose, size: number): (readonly [x: number, y: number])[] {
  const skeleton = poseSkeleton(pose);
  const joints: (readonly [Joint, number])[] = [
    [skeleton.head, 0.11],
    [skeleton.chest, 0.15],
    [skeleton.pelvis, 0.14],
  ];
  for (const { hip, knee, ankle, toe } of skeleton.legs) {
    joints.push([hip, 0.08], [knee, 0.065], [ankle, 0.05], [toe, 0.03]);
  }
  for (const { elbow, hand } of skeleton.arms) joints.push([elbow, 0.05], [hand, 0.05]);
  const scale = seen.pixelsPerMetre * size;
  return joints.flatMap(([joint, radius]) =>
    [-radius, 0, radius].map(
      (aside) => [seen.x + (joint.x + aside) * scale, seen.y - joint.y * scale] as const,
    ),
  );
}

/** Draws a posed body; the context is in metres with y upwards. */
export function drawBody(context: SKRSContext2D, skeleton: Skeleton, pose: Pose, outfit: Outfit): void {
  const [farLeg, nearLeg] = [...skeleton.legs].sort((a, b) => b.hip.depth - a.hip.depth);
  const [farArm, nearArm] = [...skeleton.arms].sort((a, b) => b.shoulder.depth - a.shoulder.depth);
  const fromBehind = Math.sin(pose.heading) > 0.25;
  if (farArm) drawArm(context, farArm, outfit, 0.72);
  if (farLeg) drawLeg(context, farLeg, outfit, 0.76);
  if (nearLeg) drawLeg(context, nearLeg, outfit, 1);
  if (!fromBehind) drawNeck(context, skeleton, outfit);
  drawTorso(context, skeleton, pose, outfit);
  if (fromBehind) drawNeck(context, skeleton, outfit);
  drawCollar(context, skeleton, outfit);
  drawHead(context, skeleton, pose, outfit);
  if (nearArm) drawArm(context, nearArm, outfit, 1);
}

function drawLeg(context: SKRSContext2D, leg: Leg, outfit: Outfit, light: number): void {
  const sole: Joint = { ...leg.ankle, y: leg.ankle.y - 0.035 };
  limb(context, sole, leg.toe, 0.045, 0.032, shade(outfit.shoes, light));
  const trousers = shade(outfit.trousers, light);
  limb(context, leg.knee, leg.ankle, 0.066, 0.05, trousers);
  limb(context, leg.hip, leg.knee, 0.095, 0.068, trousers);
}

function drawArm(context: SKRSContext2D, arm: Arm, outfit: Outfit, light: number): void {
  const wrist = between(arm.elbow, arm.hand, 0.86);
  limb(context, wrist, arm.hand, 0.034, 0.036, shade(outfit.skin, light));
  const sleeve = shade(outfit.jacket, light * 0.94);
  limb(context, arm.elbow, wrist, 0.047, 0.041, sleeve);
  limb(context, arm.shoulder, arm.elbow, 0.062, 0.05, sleeve);
}

function drawNeck(context: SKRSContext2D, { neck, head }: Skeleton, outfit: Outfit): void {
  limb(
    context,
    { ...neck, y: neck.y - 0.025 },
    between(neck, head, 0.6),
    0.05,
    0.045,
    shade(outfit.skin, 0.78),
  );
}

/** The collar hides where the neck meets the jacket. */
function drawCollar(context: SKRSContext2D, { neck }: Skeleton, outfit: Outfit): void {
  ellipse(context, neck.x, neck.y - 0.025, 0.07, 0.03);
  context.fillStyle = css(shade(outfit.jacket, 0.66));
  context.fill();
}

function drawTorso(context: SKRSContext2D, skeleton: Skeleton, pose: Pose, outfit: Outfit): void {
  const { pelvis, chest } = skeleton;
  // Broad from the front or behind, narrow from the side.
  const broad = Math.abs(Math.sin(pose.heading));
  const shoulder = 0.118 + 0.085 * broad;
  const waist = 0.112 + 0.04 * broad;
  const hem = 0.118 + 0.047 * broad;
  const bottom = pelvis.y - 0.07;
  context.beginPath();
  context.moveTo(chest.x - 0.05, chest.y + 0.045);
  context.bezierCurveTo(
    ...[chest.x - shoulder * 0.8, chest.y + 0.03, chest.x - shoulder, chest.y + 0.01],
    ...([chest.x - shoulder, chest.y - 0.1] as const),
  );
  context.quadraticCurveTo(pelvis.x - waist, pelvis.y + 0.17, pelvis.x - hem, bottom);
  context.quadraticCurveTo(pelvis.x, bottom - 0.025, pelvis.x + hem, bottom);
  context.quadraticCurveTo(pelvis.x + waist, pelvis.y + 0.17, chest.x + shoulder, chest.y - 0.1);
  context.bezierCurveTo(
    ...[chest.x + shoulder, chest.y + 0.01, chest.x + shoulder * 0.8, chest.y + 0.03],
    ...([chest.x + 0.05, chest.y + 0.045] as const),
  );
  context.closePath();
  context.fillStyle = across(context, pelvis.x - shoulder, pelvis.x + shoulder, outfit.jacket);
  context.fill();
  // Folds towards the hem.
  const fall = context.createLinearGradient(0, chest.y, 0, bottom);
  fall.addColorStop(0, "rgba(255,250,235,0.10)");
  fall.addColorStop(0.45, "rgba(0,0,0,0)");
  fall.addColorStop(1, "rgba(0,0,0,0.24)");
  context.fillStyle = fall;
  context.fill();
  if (Math.sin(pose.heading) < -0.25) {
    const aside = 0.07 * Math.cos(pose.heading);
    context.strokeStyle = css(shade(outfit.jacket, 0.55));
    context.lineWidth = 0.014;
    context.beginPath();
    context.moveTo(chest.x + aside, chest.y + 0.02);
    context.lineTo(pelvis.x + aside, bottom);
    context.stroke();
  }
}

function drawHead(context: SKRSContext2D, { head }: Skeleton, pose: Pose, outfit: Outfit): void {
  const toSide = Math.cos(pose.heading);
  const toCamera = -Math.sin(pose.heading);
  const wide = 0.079 + 0.012 * Math.abs(toSide);
  if (outfit.longHair) {
    const tail = { ...head, x: head.x - toSide * 0.07, y: head.y - 0.02 };
    limb(context, tail, { ...tail, x: tail.x - toSide * 0.02, y: tail.y - 0.2 }, 0.06, 0.03, outfit.hair);
  }
  ellipse(context, head.x, head.y, wide, 0.112);
  context.fillStyle = across(context, head.x - wide, head.x + wide, outfit.skin);
  context.fill();
  if (Math.abs(toSide) > 0.5) {
    ellipse(context, head.x + toSide * wide * 0.98, head.y - 0.012, 0.017, 0.02);
    context.fill();
  }
  context.save();
  ellipse(context, head.x, head.y + 0.004, wide + 0.008, 0.122);
  context.clip();
  context.fillStyle = across(context, head.x - wide, head.x + wide, outfit.hair);
  context.beginPath();
  if (toCamera < -0.35) {
    context.rect(head.x - 0.2, head.y - 0.055, 0.4, 0.3);
  } else {
    // The hairline: back and top of the head, leaving the face on the side he looks to.
    context.ellipse(
      head.x - toSide * 0.068,
      head.y + 0.085 - 0.03 * Math.abs(toSide),
      wide * 1.12,
      0.085,
      0,
      0,
      7,
    );
    context.rect(head.x - 0.2, head.y + 0.062, 0.4, 0.2);
  }
  context.fill();
  context.restore();
  if (toCamera > -0.35) {
    context.fillStyle = "rgba(40,28,22,0.75)";
    for (const side of [-0.033, 0.033]) {
      const x = head.x + toSide * 0.055 + side * Math.max(0, toCamera);
      ellipse(context, x, head.y + 0.012, 0.012, 0.01);
      context.fill();
    }
  }
  if (outfit.hat) drawHat(context, head);
}

function drawHat(context: SKRSContext2D, head: Joint): void {
  ellipse(context, head.x, head.y + 0.065, 0.2, 0.042);
  context.fillStyle = across(context, head.x - 0.2, head.x + 0.2, [206, 180, 120]);
  context.fill();
  ellipse(context, head.x, head.y + 0.105, 0.092, 0.062);
  context.fillStyle = across(context, head.x - 0.09, head.x + 0.09, [216, 192, 134]);
  context.fill();
}

/** A tapered limb with round ends, lighter on the left. */
function limb(
  context: SKRSContext2D,
  from: Joint,
  to: Joint,
  startRadius: number,
  endRadius: number,
  colour: Colour,
): void {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const radius = Math.max(startRadius, endRadius);
  const middle = (from.x + to.x) / 2;
  const half = Math.abs(to.x - from.x) / 2 + radius;
  context.beginPath();
  context.arc(from.x, from.y, startRadius, angle + Math.PI / 2, angle - Math.PI / 2);
  context.arc(to.x, to.y, endRadius, angle - Math.PI / 2, angle + Math.PI / 2);
  context.closePath();
  context.fillStyle = across(context, middle - half, middle + half, colour);
  context.fill();
}

function across(context: SKRSContext2D, left: number, right: number, colour: Colour) {
  const gradient = context.createLinearGradient(left, 0, right, 0);
  gradient.addColorStop(0, css(shade(colour, 1.02)));
  gradient.addColorStop(0.3, css(shade(colour, 1.16)));
  gradient.addColorStop(0.62, css(shade(colour, 0.9)));
  gradient.addColorStop(1, css(shade(colour, 0.56)));
  return gradient;
}

function ellipse(context: SKRSContext2D, x: number, y: number, wide: number, high: number): void {
  context.beginPath();
  context.ellipse(x, y, wide, high, 0, 0, Math.PI * 2);
}

function between(from: Joint, to: Joint, part: number): Joint {
  return {
    x: from.x + (to.x - from.x) * part,
    y: from.y + (to.y - from.y) * part,
    depth: from.depth + (to.depth - from.depth) * part,
  };
}

export function shade(colour: Colour, light: number): Colour {
  return [colour[0] * light, colour[1] * light, colour[2] * light];
}

export function css([red, green, blue]: Colour, alpha = 1): string {
  const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
  return `rgba(${byte(red)},${byte(green)},${byte(blue)},${alpha})`;
}

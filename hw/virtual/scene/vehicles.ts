import type { SKRSContext2D } from "@napi-rs/canvas";
import type { Ground, Spot } from "./ground.ts";
import { trace } from "./paint.ts";
import { type Colour, css, drawBody, drawShadow, type Outfit, shade } from "./person.ts";
import type { Joint, Leg, Skeleton } from "./skeleton.ts";
import type { Area } from "./stage.ts";

/** Something on wheels at one instant: where its middle is, which way it looks, and how far it has rolled. */
export interface Ride {
  readonly spot: Spot;
  /** As a pose's heading: 0 to the right, pi/2 away. */
  readonly heading: number;
  readonly rolledMetres: number;
}

/** A point of a vehicle in metres: along its heading, to the side the camera sees, and up. */
type Place = readonly [along: number, near: number, up: number];
type Project = (place: Place) => readonly [x: number, y: number];

const LORRY_LENGTH = 5.2;
const WHEEL_RADIUS = 0.42;

function projector(ground: Ground, { spot, heading }: Ride): Project {
  const cos = Math.cos(heading);
  const sin = Math.sin(heading);
  // The side towards the camera, whichever way it drives.
  const flip = cos > 0 ? 1 : -1;
  return ([along, near, up]) => {
    const seen = ground.see({
      x: spot.x + along * cos + near * sin * flip,
      z: spot.z + along * sin - near * cos * flip,
    });
    return [seen.x, seen.y - up * seen.pixelsPerMetre];
  };
}

export function lorryArea(ground: Ground, ride: Ride): Area {
  const project = projector(ground, ride);
  const half = LORRY_LENGTH / 2 + 0.6;
  const corners = [-half, half].flatMap((along) =>
    [-1.4, 1.8].flatMap((near) => [-0.1, 2.6].map((up) => project([along, near, up]))),
  );
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, wide: Math.max(...xs) - x, high: Math.max(...ys) - y };
}

/** A light farm lorry: blue cab, open bed with boards. */
export function drawLorry(context: SKRSContext2D, ground: Ground, ride: Ride): void {
  const project = projector(ground, ride);
  const face = (places: readonly Place[], colour: Colour | string): void => {
    trace(context, places.map(project));
    context.fillStyle = typeof colour === "string" ? colour : css(colour);
    context.fill();
  };
  const front = LORRY_LENGTH / 2;
  /** Whether the camera sees a face that stands across at `along` and looks forward (1) or back (-1). */
  const faces = (along: number, forward: 1 | -1): boolean => {
    const cos = Math.cos(ride.heading);
    const sin = Math.sin(ride.heading);
    return forward * ((ride.spot.x + along * cos) * cos + (ride.spot.z + along * sin) * sin) < 0;
  };
  const block = (from: number, to: number, low: number, high: number, side: number, colour: Colour): void => {
    face(
      [
        [from, -side, high],
        [to, -side, high],
        [to, side, high],
        [from, side, high],
      ],
      shade(colour, 1.12),
    );
    for (const [at, forward] of [
      [from, -1],
      [to, 1],
    ] as const) {
      if (!faces(at, forward)) continue;
      face(
        [
          [at, -side, low],
          [at, side, low],
          [at, side, high],
          [at, -side, high],
        ],
        shade(colour, 0.74),
      );
    }
    face(
      [
        [from, side, low],
        [to, side, low],
        [to, side, high],
        [from, side, high],
      ],
      colour,
    );
  };
  face(
    [
      [-front, -1.1, 0],
      [front, -1.1, 0],
      [front + 0.3, 1.5, 0],
      [-front + 0.3, 1.5, 0],
    ],
    "rgba(20,22,22,0.34)",
  );
  const blue: Colour = [54, 92, 142];
  const bed = (): void => {
    block(-front, front - 1.75, 0.72, 0.9, 0.95, [62, 62, 64]);
    block(-front, front - 1.8, 0.9, 1.45, 1, [88, 112, 128]);
    face(
      [
        [-front + 0.1, -0.9, 1.36],
        [front - 1.9, -0.9, 1.36],
        [front - 1.9, 0.9, 1.36],
        [-front + 0.1, 0.9, 1.36],
      ],
      [120, 98, 66],
    );
    for (let post = 0; post <= 4; post++) {
      const at = -front + 0.05 + (post * (LORRY_LENGTH - 1.9)) / 4;
      face(
        [
          [at, 1, 0.9],
          [at + 0.07, 1, 0.9],
          [at + 0.07, 1, 1.47],
          [at, 1, 1.47],
        ],
        [62, 82, 96],
      );
    }
  };
  const cab = (): void => {
    block(front - 1.7, front, 0.5, 1.3, 0.95, blue);
    block(front - 1.65, front - 0.12, 1.3, 2.15, 0.9, shade(blue, 1.06));
    const glass = "rgb(66,82,92)";
    face(
      [
        [front - 1.3, 0.91, 1.35],
        [front - 0.35, 0.91, 1.35],
        [front - 0.45, 0.91, 2],
        [front - 1.3, 0.91, 2],
      ],
      glass,
    );
    face(
      [
        [front - 1.2, 0.92, 1.6],
        [front - 0.9, 0.92, 1.35],
        [front - 0.7, 0.92, 1.35],
        [front - 1.05, 0.92, 2],
      ],
      "rgba(190,205,212,0.35)",
    );
    face(
      [
        [front - 1.68, 0.96, 0.86],
        [front, 0.96, 0.86],
        [front, 0.96, 0.9],
        [front - 1.68, 0.96, 0.9],
      ],
      shade(blue, 0.7),
    );
    if (!faces(front, 1)) return;
    face(
      [
        [front - 0.11, -0.8, 1.36],
        [front - 0.11, 0.8, 1.36],
        [front - 0.11, 0.75, 2.02],
        [front - 0.11, -0.75, 2.02],
      ],
      "rgb(78,94,104)",
    );
    for (const side of [-0.72, 0.62]) {
      face(
        [
          [front, side, 0.78],
          [front, side + 0.2, 0.78],
          [front, side + 0.2, 0.95],
          [front, side, 0.95],
        ],
        "#e8e6d8",
      );
    }
    face(
      [
        [front, -0.4, 0.75],
        [front, 0.4, 0.75],
        [front, 0.4, 1.05],
        [front, -0.4, 1.05],
      ],
      [34, 44, 58],
    );
  };
  // What is farther away first.
  if (faces(front - 1.7, 1)) {
    bed();
    cab();
  } else {
    cab();
    bed();
  }
  for (const at of [-front + 1, front - 0.75]) drawWheel(context, project, at, ride.rolledMetres);
}

function drawWheel(context: SKRSContext2D, project: Project, along: number, rolledMetres: number): void {
  const turn = rolledMetres / WHEEL_RADIUS;
  const ring = (radius: number): Place[] =>
    Array.from({ length: 18 }, (_, index) => {
      const angle = (index / 18) * Math.PI * 2;
      return [along + radius * Math.cos(angle), 0.98, WHEEL_RADIUS + radius * Math.sin(angle)];
    });
  for (const [radius, colour] of [
    [WHEEL_RADIUS, "#1f1f20"],
    [0.24, "#8d8f8c"],
    [0.17, "#5d5f5e"],
  ] as const) {
    trace(context, ring(radius).map(project));
    context.fillStyle = colour;
    context.fill();
  }
  context.fillStyle = "#303232";
  for (let bolt = 0; bolt < 5; bolt++) {
    const angle = (bolt / 5) * Math.PI * 2 - turn;
    const [x, y] = project([along + 0.18 * Math.cos(angle), 0.98, WHEEL_RADIUS + 0.18 * Math.sin(angle)]);
    context.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
  }
}

const BIKE_WHEEL = 0.33;
const CRANK = { x: -0.06, y: 0.3, radius: 0.17 };

export function bicycleArea(ground: Ground, { spot }: Ride): Area {
  const seen = ground.see(spot);
  const unit = seen.pixelsPerMetre;
  return { x: seen.x - 1.3 * unit, y: seen.y - 1.9 * unit, wide: 3.2 * unit, high: 2.3 * unit };
}

/** A bicycle from the side with somebody who pedals. */
export function drawBicycle(context: SKRSContext2D, ground: Ground, ride: Ride, outfit: Outfit): void {
  const seen = ground.see(ride.spot);
  const direction = Math.cos(ride.heading) > 0 ? 1 : -1;
  const narrowed = Math.max(0.5, Math.abs(Math.cos(ride.heading)));
  drawShadow(context, seen, 1);
  context.save();
  context.translate(seen.x, seen.y);
  context.scale(direction * narrowed * seen.pixelsPerMetre, -seen.pixelsPerMetre);
  const pedalAngle = -ride.rolledMetres / 0.9;
  const rider = ridingSkeleton(pedalAngle);
  drawBikeWheel(context, -0.52, ride.rolledMetres);
  drawBikeWheel(context, 0.53, ride.rolledMetres);
  const [farLeg, nearLeg] = rider.legs;
  context.strokeStyle = "#23272b";
  context.lineWidth = 0.03;
  line(context, [CRANK.x, CRANK.y], [farLeg.ankle.x, farLeg.ankle.y - 0.08]);
  context.strokeStyle = "#7a2c2a";
  context.lineWidth = 0.04;
  line(context, [-0.52, 0.33], [CRANK.x, CRANK.y], [0.4, 0.8], [-0.2, 0.78], [CRANK.x, CRANK.y]);
  line(context, [-0.52, 0.33], [-0.2, 0.78], [-0.22, 0.88]);
  line(context, [0.53, 0.33], [0.38, 0.98], [0.28, 1.02]);
  context.strokeStyle = "#202224";
  context.lineWidth = 0.06;
  line(context, [-0.36, 0.9], [-0.12, 0.9]);
  drawBody(context, rider, { heading: 0, phase: 0, stride: 0, lean: 0.3 }, outfit);
  context.strokeStyle = "#3a3e42";
  context.lineWidth = 0.03;
  line(context, [CRANK.x, CRANK.y], [nearLeg.ankle.x, nearLeg.ankle.y - 0.08]);
  context.restore();
}

function drawBikeWheel(context: SKRSContext2D, x: number, rolledMetres: number): void {
  context.strokeStyle = "#1d1e20";
  context.lineWidth = 0.045;
  context.beginPath();
  context.arc(x, BIKE_WHEEL, BIKE_WHEEL - 0.02, 0, Math.PI * 2);
  context.stroke();
  context.strokeStyle = "rgba(170,174,178,0.7)";
  context.lineWidth = 0.012;
  for (let spoke = 0; spoke < 6; spoke++) {
    const angle = (spoke / 6) * Math.PI - rolledMetres / BIKE_WHEEL;
    const reach = BIKE_WHEEL - 0.04;
    line(
      context,
      [x - reach * Math.cos(angle), BIKE_WHEEL - reach * Math.sin(angle)],
      [x + reach * Math.cos(angle), BIKE_WHEEL + reach * Math.sin(angle)],
    );
  }
}

/** Hips on the saddle, hands on the bar, feet on the pedals; the far leg first. */
function ridingSkeleton(pedalAngle: number): Skeleton {
  const hip: Joint = { x: -0.24, y: 0.98, depth: 0 };
  const chest: Joint = { x: 0.0, y: 1.42, depth: 0 };
  const leg = (angle: number, depth: number): Leg => {
    const ankle: Joint = {
      x: CRANK.x - 0.06 + CRANK.radius * Math.cos(angle),
      y: CRANK.y + 0.09 + CRANK.radius * Math.sin(angle),
      depth,
    };
    const start = { ...hip, depth };
    return {
      hip: start,
      knee: kneeBetween(start, ankle),
      ankle,
      toe: { x: ankle.x + 0.16, y: ankle.y - 0.05, depth },
    };
  };
  const arm = (depth: number) => ({
    shoulder: { x: 0.01, y: 1.37, depth },
    elbow: { x: 0.12, y: 1.12, depth },
    hand: { x: 0.33, y: 1.03, depth },
  });
  return {
    legs: [leg(pedalAngle + Math.PI, 0.1), leg(pedalAngle, -0.1)],
    arms: [arm(0.18), arm(-0.18)],
    pelvis: { ...hip, y: hip.y + 0.02 },
    chest,
    neck: { x: 0.05, y: 1.47, depth: 0 },
    head: { x: 0.11, y: 1.6, depth: 0 },
  };
}

/** The knee bends forward: two limbs of 0.44 m between hip and ankle. */
function kneeBetween(hip: Joint, ankle: Joint): Joint {
  const limbMetres = 0.44;
  const dx = ankle.x - hip.x;
  const dy = ankle.y - hip.y;
  const reach = Math.min(2 * limbMetres - 0.001, Math.hypot(dx, dy));
  const out = Math.sqrt(limbMetres ** 2 - (reach / 2) ** 2);
  return { x: hip.x + dx / 2 - (dy / reach) * out, y: hip.y + dy / 2 + (dx / reach) * out, depth: hip.depth };
}

function line(context: SKRSContext2D, ...points: (readonly [number, number])[]): void {
  context.beginPath();
  points.forEach(([x, y], index) => {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.stroke();
}

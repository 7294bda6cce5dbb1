// The moving body of a person, in metres: a small forward kinematics with a human gait.

/** How somebody holds himself at one instant. */
export interface Pose {
  /** Direction walked or looked: 0 to the right of the picture, pi/2 away from the camera, -pi/2 towards it. */
  readonly heading: number;
  /** Position in the gait cycle, radians; two steps are 2 pi. */
  readonly phase: number;
  /** 0 standing, 1 full stride. */
  readonly stride: number;
  /** Forward bend of the upper body, radians. */
  readonly lean: number;
}

/** A joint as the camera sees it: x right, y up (both in metres from the feet), depth away. */
export interface Joint {
  readonly x: number;
  readonly y: number;
  readonly depth: number;
}

export interface Leg {
  readonly hip: Joint;
  readonly knee: Joint;
  readonly ankle: Joint;
  readonly toe: Joint;
}

export interface Arm {
  readonly shoulder: Joint;
  readonly elbow: Joint;
  readonly hand: Joint;
}

export interface Skeleton {
  readonly legs: readonly [left: Leg, right: Leg];
  readonly arms: readonly [left: Arm, right: Arm];
  readonly pelvis: Joint;
  readonly chest: Joint;
  readonly neck: Joint;
  readonly head: Joint;
}

/** Two steps of a grown person at an easy pace, in metres. */
export const STRIDE_METRES = 1.36;
export const BODY_METRES = 1.72;

const THIGH = 0.44;
const SHIN = 0.43;
const ANKLE = 0.07;
const FOOT = 0.19;
const HIP_HALF = 0.09;
const SHOULDER_HALF = 0.185;
const TORSO = 0.52;
const UPPER_ARM = 0.29;
const FOREARM = 0.27;
/** Sine of the angle at which the camera looks down: what is deeper stands higher in the picture. */
const LOOK_DOWN = 0.22;

type Body = readonly [forward: number, left: number, up: number];

export function poseSkeleton(pose: Pose): Skeleton {
  const cos = Math.cos(pose.heading);
  const sin = Math.sin(pose.heading);
  const legs = [legAngles(pose, 0), legAngles(pose, Math.PI)] as const;
  // The lower foot carries the body: this gives the bob of a walk and keeps feet on the ground.
  const hipHeight = Math.max(...legs.map(({ thigh, knee }) => legReach(thigh, knee))) + ANKLE;

  const see = ([forward, left, up]: Body): Joint => {
    const depth = forward * sin + left * cos;
    return { x: forward * cos - left * sin, y: up + depth * LOOK_DOWN, depth };
  };
  const along = ([f, l, u]: Body, length: number, angle: number): Body => [
    f + length * Math.sin(angle),
    l,
    u - length * Math.cos(angle),
  ];

  const leg = (side: 1 | -1, { thigh, knee }: LegAngles): Leg => {
    const hip: Body = [0, side * HIP_HALF, hipHeight];
    const kneeAt = along(hip, THIGH, thigh);
    const ankle = along(kneeAt, SHIN, thigh - knee);
    const footAngle = Math.PI / 2 - 0.12 - Math.max(0, knee - thigh) * 0.75;
    return {
      hip: see(hip),
      knee: see(kneeAt),
      ankle: see(ankle),
      toe: see(along([ankle[0], ankle[1] + side * 0.02, ankle[2] - ANKLE * 0.55], FOOT, footAngle)),
    };
  };

  const chestAt: Body = [TORSO * Math.sin(pose.lean), 0, hipHeight + TORSO * Math.cos(pose.lean)];
  const twist = 0.06 * pose.stride * Math.sin(pose.phase);
  const arm = (side: 1 | -1, offset: number): Arm => {
    const swing = -0.45 * pose.stride * Math.sin(pose.phase + offset) + pose.lean * 0.4;
    const bend = 0.16 + 0.3 * pose.stride + Math.max(0, swing) * 0.4;
    const shoulder: Body = [chestAt[0] - side * twist, side * SHOULDER_HALF, chestAt[2] - 0.045];
    const elbow = along([shoulder[0], side * (SHOULDER_HALF + 0.035), shoulder[2]], UPPER_ARM, swing);
    return { shoulder: see(shoulder), elbow: see(elbow), hand: see(along(elbow, FOREARM, swing + bend)) };
  };

  const neckLean = pose.lean * 1.3;
  const neck: Body = [chestAt[0] + 0.06 * Math.sin(neckLean), 0, chestAt[2] + 0.06];
  const head: Body = [neck[0] + 0.03 + 0.16 * Math.sin(neckLean), 0, neck[2] + 0.15];
  return {
    legs: [leg(1, legs[0]), leg(-1, legs[1])],
    arms: [arm(1, 0), arm(-1, Math.PI)],
    pelvis: see([0, 0, hipHeight]),
    chest: see(chestAt),
    neck: see(neck),
    head: see(head),
  };
}

interface LegAngles {
  readonly thigh: number;
  readonly knee: number;
}

/** Thigh swings as a sine; the knee bends most while its leg swings forward. */
function legAngles({ phase, stride }: Pose, offset: number): LegAngles {
  const at = phase + offset;
  const swinging = Math.max(0, Math.cos(at + 0.2));
  return {
    thigh: stride * (0.06 + 0.43 * Math.sin(at)),
    knee: 0.05 + stride * (0.1 + 0.74 * swinging ** 1.5),
  };
}

function legReach(thigh: number, knee: number): number {
  return THIGH * Math.cos(thigh) + SHIN * Math.cos(thigh - knee);
}

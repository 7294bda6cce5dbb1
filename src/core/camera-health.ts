import type { Moment } from "./time.ts";

/** What makes a camera blind, gravest first: of several at once the first is told. */
export const CAMERA_FAULTS = [
  /** No session, or one without pictures, for longer than a reboot takes. */
  "lost",
  /** Pictures come, and always the same one. */
  "frozen",
  /** Too dark to make anything out. */
  "black",
  /** Something is before the lens. */
  "covered",
  /** Bleached: the sun or a lamp in the lens, or an exposure that does not follow. */
  "washed-out",
  /** Blurred: dirt, water or a lens that moved. */
  "out-of-focus",
  /** It looks elsewhere than in its reference pictures. */
  "moved",
] as const;

export type CameraFault = (typeof CAMERA_FAULTS)[number];

export function isCameraFault(text: unknown): text is CameraFault {
  return (CAMERA_FAULTS as readonly unknown[]).includes(text);
}

/** An open fault as the page and the township see it. */
export interface CameraFaultView {
  readonly fault: CameraFault;
  /** ISO time. */
  readonly since: string;
}

/** What pictures of a camera, looked at every one to two seconds, are like. `null`: cannot be told from them. */
export interface PictureReport {
  readonly camera: string;
  readonly at: Moment;
  /** 0 to 255. */
  readonly meanLuma: number;
  /** Luma between the darkest and the brightest fiftieth. */
  readonly spread: number;
  /** Shares of the picture, 0 to 1. */
  readonly darkShare: number;
  readonly brightShare: number;
  /** True when it shows less change than this camera's own noise ever leaves. */
  readonly repeats: boolean | null;
  /** The strongest curvature in luma, for coarse detail: below 12 there is hardly an edge in the picture. */
  readonly detail: number;
  /** Fine detail beside coarse: 0.7 to 1.1 in focus, below 0.6 blurred; and what the reference has. */
  readonly sharpness: number | null;
  readonly usualSharpness: number | null;
  /** Share of the reference's structured blocks in which no structure is left, 0 to 1. */
  readonly lostShare: number | null;
  /** How bright those blocks are now, 0 to 255. */
  readonly lostLuma: number | null;
  /** How alike the brightness of all blocks is to the reference's, -1 to 1. */
  readonly likeness: number | null;
  /** Whether it looks where the reference does. */
  readonly place: "same" | "other" | null;
}

/** One way that a place looks, e.g. by day or in infrared; the planes as base64 of signed bytes. */
export interface RememberedLook {
  readonly planes: string;
  readonly blockLuma: string;
  readonly sharpness: number | null;
}

/** What the examination of a camera learnt, to be kept over a restart. */
export interface CameraMemory {
  readonly looks: readonly RememberedLook[];
  /** The least change between pictures that is usual; null until known. */
  readonly usualChange: number | null;
}

/** What is kept of a camera's health in the data folder. */
export interface CameraRecord {
  readonly memory?: CameraMemory | undefined;
  readonly fault?: CameraFaultView | undefined;
}

export interface CameraRecordStore {
  /** Undefined when there is none, or it cannot be read any more. */
  load(camera: string): Promise<CameraRecord | undefined>;
  /** Writes durably. @throws GatewayError `references.full`, `references.unwritable` (transient). */
  save(camera: string, record: CameraRecord): Promise<void>;
}

/** A camera's health as the page may command it. */
export interface CameraHealthDesk {
  /** What the camera shows now is right: learnt as its reference. @throws GatewayError `camera.unknown`, `camera.no_reference_now`. */
  setReference(camera: string, by: { readonly kind: string; readonly name: string }): Promise<void>;
}

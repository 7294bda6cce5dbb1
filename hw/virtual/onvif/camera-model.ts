import type { Point } from "../../../src/core/geometry.ts";

/** One stream of a virtual camera as its media profile tells it. */
export interface VirtualProfile {
  readonly token: string;
  readonly name: string;
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Frames from key frame to key frame. */
  govLength: number;
  /** Its video source configuration: what has another one shows another picture. */
  readonly view?: string;
}

/** What a virtual camera is and what was done to it. */
export interface VirtualOnvifCamera {
  readonly name: string;
  readonly hardware: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly profiles: readonly VirtualProfile[];
  readonly canMove: boolean;
  /** Ahead of the true time. */
  clockAheadMs: number;
  readonly presets: Map<string, string>;
  /** Whether it has the Media2 service, and masks with it. */
  readonly canMask: boolean;
  /** By token, in ONVIF's own coordinates: -1 to 1 from left to right and from bottom to top. */
  readonly masks: Map<string, { readonly view: string; readonly polygon: readonly Point[] }>;
  /** Where it was sent and how it was moved, in words, oldest first. */
  readonly movements: string[];
}

export function viewOf({ view = "view" }: VirtualProfile): string {
  return view;
}

export function createVirtualOnvifCamera(
  given: Pick<VirtualOnvifCamera, "name" | "login" | "profiles"> & Partial<VirtualOnvifCamera>,
): VirtualOnvifCamera {
  return {
    hardware: "VC-1",
    canMove: true,
    canMask: false,
    clockAheadMs: 0,
    presets: new Map(),
    masks: new Map(),
    movements: [],
    ...given,
  };
}

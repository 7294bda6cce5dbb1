import type { CameraDescription, FoundCamera, Movement, Preset } from "../../core/camera-control.ts";
import type { Polygon } from "../../core/geometry.ts";

// What passes between the gateway's main thread and a worker that speaks ONVIF.

/** Where a camera's device service is, and as whom to log in. */
export interface OnvifTarget {
  readonly host: string;
  readonly port: number;
  /** e.g. `/onvif/device_service`. */
  readonly path: string;
  readonly isSecure: boolean;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/** A description with the camera's clock as it stands there, in ms since the Unix epoch. */
export type DescribedCamera = Omit<CameraDescription, "clockAheadMs"> & {
  readonly clockMs: number | undefined;
};

/** What a worker can be asked for, and what it answers. */
export interface OnvifOperations {
  describe(): Promise<DescribedCamera>;
  setTime(wallMs: number): Promise<void>;
  setKeyFrameSeconds(profile: string, seconds: number): Promise<number | undefined>;
  masks(profiles: readonly string[]): Promise<Polygon[][]>;
  setMasks(profiles: readonly string[], polygons: readonly Polygon[]): Promise<void>;
  presets(): Promise<Preset[]>;
  savePreset(name: string): Promise<string>;
  removePreset(id: string): Promise<void>;
  goTo(preset: string): Promise<void>;
  move(movement: Movement, durationMs: number): Promise<void>;
  stopMoving(): Promise<void>;
  search(waitMs: number): Promise<FoundCamera[]>;
}

export interface OnvifRequest {
  readonly id: number;
  readonly operation: keyof OnvifOperations;
  readonly arguments: readonly unknown[];
}

export type OnvifReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

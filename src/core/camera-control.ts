import type { Polygon } from "./geometry.ts";
import type { Signal } from "./signals.ts";

// What can be asked of a camera besides pictures: who it is, its clock, its encoder, where it looks. `drivers/` speaks
// ONVIF for it.

/** A camera that answered a search of the local network. */
export interface FoundCamera {
  /** Of its device service, e.g. `http://192.168.1.21/onvif/device_service`. */
  readonly serviceUrl: string;
  readonly host: string;
  /** As the camera calls itself; empty where it does not. */
  readonly name: string;
  readonly hardware: string;
}

export interface EncodedStream {
  /** The camera's own token of the profile. */
  readonly profile: string;
  readonly name: string;
  /** `rtsp://` address without a password. */
  readonly url: string;
  /** As the camera says it, e.g. `H264`. */
  readonly encoding: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** From key frame to key frame; undefined where the camera does not tell. */
  readonly keyFrameSeconds?: number | undefined;
}

export interface CameraDescription {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  /** How far the camera's clock is ahead of the box's, to a second or so; undefined where it does not tell. */
  readonly clockAheadMs: number | undefined;
  readonly canMove: boolean;
  /** Largest picture first. */
  readonly streams: readonly EncodedStream[];
}

/** A direction the camera remembers. */
export interface Preset {
  readonly id: string;
  readonly name: string;
}

/** Speeds from -1 (left, down, out) to 1 (right, up, in). */
export interface Movement {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

/**
 * One camera's controls. Every method rejects with a GatewayError: `onvif.unreachable`, `onvif.timeout` (transient),
 * `onvif.refused` (permanent: the login), `onvif.unsupported` (permanent: not with this camera), `onvif.bad_answer`
 * (permanent: what came is no ONVIF, or the camera's fault).
 */
export interface CameraControl {
  describe(): Promise<CameraDescription>;
  /** Sets the camera's clock to the box's present time. */
  setTime(): Promise<void>;
  /**
   * Asks for a key frame at least every so many seconds on the profile's stream, as near as the camera can.
   * @returns what the camera then says.
   */
  setKeyFrameSeconds(profile: string, seconds: number): Promise<number | undefined>;
  /**
   * Outlines that the camera paints over in each picture these profiles show, as it tells them itself; fractions of the
   * picture. Profiles that show the same picture stand for one.
   */
  masks(profiles: readonly string[]): Promise<Polygon[][]>;
  /** Has the camera paint over these outlines and no others, in every picture that these profiles show. */
  setMasks(profiles: readonly string[], polygons: readonly Polygon[]): Promise<void>;
  presets(): Promise<Preset[]>;
  /** Remembers where the camera looks now. @returns the preset's id. */
  savePreset(name: string): Promise<string>;
  removePreset(id: string): Promise<void>;
  goTo(preset: string): Promise<void>;
  /** Moves for `durationMs` at the most, also when nobody says stop. */
  move(movement: Movement, durationMs: number): Promise<void>;
  stopMoving(): Promise<void>;
  /** Lets go of what it holds; a later call begins anew. */
  close(): Promise<void>;
}

/**
 * The controls of every camera that has some. One whose masks the box paints is not turned: `goTo` and `move` reject with
 * `camera.held_still` (permanent).
 */
export interface CameraControls {
  /** The id of a camera that took an order to look elsewhere, by a preset or a movement, or may have: it gave no answer. */
  readonly turned: Pick<Signal<string>, "on">;
  /** @throws GatewayError `camera.no_control` (permanent). */
  of(camera: string): CameraControl;
  has(camera: string): boolean;
  /** @param preset its id, or its name. @throws GatewayError `camera.no_control`, `camera.no_preset`, `onvif.*`. */
  goTo(camera: string, preset: string): Promise<void>;
}

export interface CameraDiscovery {
  /** Asks the local network and collects answers for `waitMs`. */
  search(waitMs: number): Promise<FoundCamera[]>;
}

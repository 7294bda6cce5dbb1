import type { SKRSContext2D } from "@napi-rs/canvas";

/** Something that happens before a camera. All three are called for every picture, in this order. */
export interface Effect {
  /** Behind people: on water and ground. */
  behind?(context: SKRSContext2D, atMs: number): void;
  /** Between people and the lens. */
  before?(context: SKRSContext2D, atMs: number): void;
  /** On the finished picture, RGBA of 640x360: what light, lens and sensor do. */
  treat?(pixels: Uint8ClampedArray, atMs: number): void;
}

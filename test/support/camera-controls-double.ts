import type { CameraControl, CameraControls, CameraDescription } from "../../src/core/camera-control.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { Polygon } from "../../src/core/geometry.ts";
import { createSignal } from "../../src/core/signals.ts";

export interface CameraControlDouble extends CameraControl {
  /** What was asked, e.g. `goTo p1`. */
  readonly asked: string[];
  description: CameraDescription;
  /** What the camera paints over. */
  painted: Polygon[];
  /** Whether it really paints what it is told to. */
  obeys: boolean;
  /** Every call fails with this while it is set. */
  failing: GatewayError | undefined;
}

/** A camera that remembers two directions. */
export function createCameraControlDouble(): CameraControlDouble {
  const answer = async <T>(what: string, value: T): Promise<T> => {
    if (double.failing) throw double.failing;
    double.asked.push(what);
    return value;
  };
  const double: CameraControlDouble = {
    asked: [],
    failing: undefined,
    painted: [],
    obeys: true,
    description: {
      manufacturer: "",
      model: "",
      firmware: "",
      serial: "",
      clockAheadMs: 0,
      canMove: true,
      streams: [],
    },
    describe: () => answer("describe", double.description),
    setTime: () => answer("setTime", undefined),
    setKeyFrameSeconds: (profile, seconds) => answer(`keyFrames ${profile} ${seconds}`, seconds),
    async masks() {
      if (double.failing) throw double.failing;
      return [double.painted];
    },
    async setMasks(profiles, polygons) {
      await answer(`masks ${profiles.join("+")} ${polygons.length}`, undefined);
      if (double.obeys) double.painted = [...polygons];
    },
    presets: () =>
      answer("presets", [
        { id: "p1", name: "塘埂" },
        { id: "p2", name: "路口" },
      ]),
    savePreset: (name) => answer(`save ${name}`, "p3"),
    removePreset: (id) => answer(`remove ${id}`, undefined),
    goTo: (preset) => answer(`goTo ${preset}`, undefined),
    move: ({ pan, tilt, zoom }, durationMs) => answer(`move ${pan} ${tilt} ${zoom} ${durationMs}`, undefined),
    stopMoving: () => answer("stop", undefined),
    close: async () => {},
  };
  return double;
}

export function createCameraControlsDouble(
  controls: Readonly<Record<string, CameraControlDouble>> = {},
): CameraControls {
  const refuse = (code: string): never => {
    throw new GatewayError(code, { code, kind: "permanent" });
  };
  const of = (camera: string): CameraControlDouble => controls[camera] ?? refuse("camera.no_control");
  return {
    turned: createSignal(),
    of,
    has: (camera) => camera in controls,
    async goTo(camera, preset) {
      const known = await of(camera).presets();
      const wanted = known.find(({ id, name }) => id === preset || name === preset);
      await of(camera).goTo(wanted?.id ?? refuse("camera.no_preset"));
    },
  };
}

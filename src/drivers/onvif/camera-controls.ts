import type { CameraControl, CameraControls } from "../../core/camera-control.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { Part } from "../../core/part.ts";
import { createSignal } from "../../core/signals.ts";
import type { Camera } from "../../core/site.ts";
import { createCameraControl, type OnvifDependencies } from "./camera-control.ts";

/** What the box paints stands still in the picture: a camera that turns brings out what was below. */
function heldStill(camera: string, isHeldStill: () => boolean, control: CameraControl): CameraControl {
  function mustTurn(): void {
    if (!isHeldStill()) return;
    throw new GatewayError(`camera ${camera} is not turned, because the box paints its masks`, {
      code: "camera.held_still",
      kind: "permanent",
      device: camera,
    });
  }
  return {
    ...control,
    async goTo(preset) {
      mustTurn();
      await control.goTo(preset);
    },
    async move(movement, durationMs) {
      mustTurn();
      await control.move(movement, durationMs);
    },
  };
}

/**
 * The controls of all cameras that have an ONVIF address; stopping lets go of their workers.
 * @param isPainted whether the box paints masks over a camera's picture now.
 */
export function createCameraControls(
  dependencies: OnvifDependencies,
  cameras: readonly Camera[],
  isPainted: (camera: string) => boolean,
): CameraControls & Part {
  const turned = createSignal<string>();
  const controls = new Map<string, CameraControl>(
    cameras.flatMap(({ id, onvif, login }) => {
      if (!onvif) return [];
      const control = createCameraControl(dependencies, { ...onvif, login });
      const steered = tellingTurns(control, () => turned.emit(id));
      return [[id, heldStill(id, () => isPainted(id), steered)] as const];
    }),
  );

  function of(camera: string): CameraControl {
    const control = controls.get(camera);
    if (control) return control;
    throw new GatewayError(`camera ${camera} has no onvif address in the configuration`, {
      code: "camera.no_control",
      kind: "permanent",
      device: camera,
    });
  }

  return {
    name: "camera controls",
    turned,
    of,
    has: (camera) => controls.has(camera),
    async goTo(camera, preset) {
      const control = of(camera);
      const known = await control.presets();
      const wanted = known.find(({ id }) => id === preset) ?? known.find(({ name }) => name === preset);
      if (!wanted) {
        throw new GatewayError(`camera ${camera} has no preset ${preset}`, {
          code: "camera.no_preset",
          kind: "permanent",
          device: camera,
        });
      }
      await control.goTo(wanted.id);
    },
    async start() {},
    async stop() {
      await Promise.all([...controls.values()].map((control) => control.close()));
    },
  };
}

function tellingTurns(control: CameraControl, onTurned: () => void): CameraControl {
  async function telling(order: Promise<void>): Promise<void> {
    try {
      await order;
      onTurned();
    } catch (error) {
      // What was heard and not answered may have been obeyed.
      if (errorCode(error) === "onvif.timeout") onTurned();
      throw error;
    }
  }
  return {
    ...control,
    goTo: (preset) => telling(control.goTo(preset)),
    move: (movement, durationMs) => telling(control.move(movement, durationMs)),
  };
}

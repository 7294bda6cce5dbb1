import type { CameraHealthDesk } from "../../src/core/camera-health.ts";
import { GatewayError } from "../../src/core/errors.ts";

/** Remembers which cameras were said to look right, and by whom. Knows `pond-east` only. */
export function createCameraHealthDouble(): CameraHealthDesk & {
  readonly references: { readonly camera: string; readonly by: string }[];
  isBlind: boolean;
} {
  const double = {
    references: [] as { camera: string; by: string }[],
    isBlind: false,
    async setReference(camera: string, { name }: { readonly name: string }) {
      if (camera !== "pond-east") {
        throw new GatewayError("No such camera", { code: "camera.unknown", kind: "permanent" });
      }
      if (double.isBlind) {
        throw new GatewayError("Nothing to see", { code: "camera.no_reference_now", kind: "transient" });
      }
      double.references.push({ camera, by: name });
    },
  };
  return double;
}

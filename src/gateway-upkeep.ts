// What looks after others: the settings and clocks of cameras, and the time where a satellite receiver tells it.
import type { Configuration } from "./config/configuration.ts";
import type { Logger } from "./core/log.ts";
import type { Part } from "./core/part.ts";
import type { MaskingView } from "./core/shapes.ts";
import { systemClock } from "./core/time.ts";
import type { VillageTime } from "./core/village-time.ts";
import { createGpsReceiver } from "./drivers/serial/gps-receiver.ts";
import { createSerialLink } from "./drivers/serial/serial-link.ts";
import type { openDevices } from "./gateway-devices.ts";
import { createCameraUpkeep } from "./sense/camera-upkeep.ts";

type Devices = Pick<
  Awaited<ReturnType<typeof openDevices>>,
  "cameras" | "controls" | "masks" | "quality" | "record"
>;

export interface Upkeep {
  /** In the order of starting. */
  readonly parts: readonly Part[];
  maskingOf(camera: string): MaskingView;
}

/** @param onMasking called when `maskingOf` says something else. */
export function createUpkeep(
  { cameras, controls, masks, quality, record }: Devices,
  time: VillageTime,
  configuration: Pick<Configuration, "cameras" | "gps">,
  onMasking: () => void,
  log: Logger,
): Upkeep {
  const { gps } = configuration;
  const receivers = gps
    ? [
        createGpsReceiver({
          clock: systemClock,
          link: createSerialLink({ clock: systemClock, random: Math.random, log }, gps),
          onTime: (wallMs, at) => time.tell("gps", wallMs, at),
        }),
      ]
    : [];
  const upkeep = new Map(
    configuration.cameras.flatMap((camera) => {
      if (!camera.onvif) return [];
      const dependencies = {
        clock: time.clock,
        random: Math.random,
        isClockSynced: () => quality.current() === "synced",
        onTime: time.tell,
        control: controls.of(camera.id),
        record,
        onMasked: (isMasked: boolean) =>
          cameras.find((stream) => stream.camera.id === camera.id)?.setPermitted(isMasked),
        masks: () => masks.of(camera.id),
        onMasking,
        log,
      };
      return [[camera.id, createCameraUpkeep(dependencies, camera, camera.onvif)] as const];
    }),
  );
  masks.changes.on((camera) => {
    if (masks.painterOf(camera) === "camera") upkeep.get(camera)?.masksChanged();
  });
  return {
    parts: [...receivers, ...upkeep.values()],
    maskingOf(camera) {
      const by = masks.painterOf(camera);
      const painting = upkeep.get(camera);
      if (by === "camera" && painting) return { by, ...painting.masking() };
      if (masks.of(camera).length === 0) return { by, state: "none" };
      const isSeen = cameras.some((one) => one.camera.id === camera && one.state().state === "running");
      return { by, state: isSeen ? "painted" : "waiting" };
    },
  };
}

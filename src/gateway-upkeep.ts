// What looks after others: the settings and clocks of cameras, and the time where a satellite receiver tells it.
import type { Configuration } from "./config/configuration.ts";
import type { Logger } from "./core/log.ts";
import type { Part } from "./core/part.ts";
import { systemClock } from "./core/time.ts";
import type { VillageTime } from "./core/village-time.ts";
import { createGpsReceiver } from "./drivers/serial/gps-receiver.ts";
import { createSerialLink } from "./drivers/serial/serial-link.ts";
import type { openDevices } from "./gateway-devices.ts";
import { createCameraUpkeep } from "./sense/camera-upkeep.ts";

type Devices = Pick<Awaited<ReturnType<typeof openDevices>>, "cameras" | "controls" | "quality" | "record">;

/** In the order of starting. */
export function createUpkeep(
  { cameras, controls, quality, record }: Devices,
  time: VillageTime,
  configuration: Pick<Configuration, "cameras" | "gps">,
  log: Logger,
): readonly Part[] {
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
  const upkeep = configuration.cameras.flatMap((camera) => {
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
      log,
    };
    return [createCameraUpkeep(dependencies, camera, camera.onvif)];
  });
  return [...receivers, ...upkeep];
}

import { createSubmersibleLevelSensor } from "../../hw/virtual/modbus/level-sensor.ts";
import { serveModbusTcp } from "../../hw/virtual/modbus/serve-modbus-tcp.ts";
import { createRtspServer } from "../../hw/virtual/rtsp/server.ts";
import { createFilmCamera, makeFilm } from "../support/film.ts";

// The pond of the chaos: water that comes and goes, a probe in it, and a camera that films it.

const HOST = "127.0.0.1";
const PATH = "/pond";
/** Above, and below, what the rule asks for. */
const HIGH_METRES = 3;
const LOW_METRES = 1;
/** Between two changes of the water, on average. */
const CHANGE_MS = 600;
/** One change in so many is the probe's cable, for which it gives no value until the next one. */
const CABLE_SHARE = 0.07;
/** A unit code of which its profile knows nothing: a reading that is none. */
const UNKNOWN_UNIT = 9;
const CENTIMETRES = 1;
const UNIT_REGISTER = 2;

export interface Pond {
  readonly cameraUrl: string;
  readonly probePort: string;
  /** The water comes and goes from now on; returns how it stays low. */
  stir(): () => void;
  stop(): Promise<void>;
}

/** @param random 0 (inclusive) to 1 (exclusive). */
export async function createPond(random: () => number): Promise<Pond> {
  // A clip of three seconds is more than goes in one piece.
  const camera = createFilmCamera(
    makeFilm({
      ...{ codec: "h264", width: 640, height: 360, framesPerSecond: 5 },
      ...{ frames: 600, keyFrameEvery: 5, kilobitsPerSecond: 1500 },
    }),
  );
  const cameras = createRtspServer({ host: HOST, port: 0 });
  cameras.mount(PATH, camera);
  await camera.start();
  const { port: cameraPort } = await cameras.start();
  const probe = createSubmersibleLevelSensor({ levelMetres: LOW_METRES });
  const probeServer = await serveModbusTcp(probe, { host: HOST, port: 0 });
  let isHigh = false;

  function become(next: boolean): void {
    isHigh = next;
    probe.holdingRegisters.set(UNIT_REGISTER, CENTIMETRES);
    probe.setLevelMetres(isHigh ? HIGH_METRES : LOW_METRES);
  }

  function change(): void {
    if (random() < CABLE_SHARE) probe.holdingRegisters.set(UNIT_REGISTER, UNKNOWN_UNIT);
    else become(!isHigh);
  }

  return {
    cameraUrl: `rtsp://${HOST}:${cameraPort}${PATH}`,
    probePort: `tcp://${HOST}:${probeServer.port}`,
    stir() {
      let timer: NodeJS.Timeout;
      const next = (): void => {
        timer = setTimeout(
          () => {
            change();
            next();
          },
          CHANGE_MS * (0.5 + random()),
        );
      };
      become(true);
      next();
      return () => {
        clearTimeout(timer);
        become(false);
      };
    },
    async stop() {
      await probeServer.stop();
      await cameras.stop();
      await camera.stop();
    },
  };
}

import { startRig, untilArmed } from "../support/gateway-rig.ts";
import { footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { MissingPart } from "./missing-part.ts";
import { percentiles } from "./percentiles.ts";

// From the start of the process until outputs are safe and a first picture of every camera was analysed.

const STARTS = 20;
const CAMERAS = ["pond", "road", "square"];

export async function measureStart(): Promise<object> {
  const obstacle = thirdPartyCameras();
  if (obstacle) throw new MissingPart(`bench start: ${obstacle}`);
  const clips = Object.fromEntries(CAMERAS.map((id) => [id, `${footage("one-by-one-person.mp4")}@0-5`]));
  const cameras = await startCameras({ cameras: clips, seconds: 300 });
  const rig = await startRig({
    cameras: CAMERAS.map((id) => ({
      id,
      url: cameras.url(id),
      polygon: [
        [0.1, 0.1],
        [0.9, 0.1],
        [0.9, 0.9],
        [0.1, 0.9],
      ],
    })),
  });
  const tookMs: number[] = [];
  try {
    for (let run = 0; run < STARTS; run++) {
      const startedMs = performance.now();
      rig.startGateway();
      await untilArmed(rig);
      tookMs.push(performance.now() - startedMs);
      process.stderr.write(`\r${run + 1} of ${STARTS} starts `);
      await rig.endGateway("SIGTERM");
    }
  } finally {
    await rig.stop();
    await cameras.kill();
    process.stderr.write("\n");
  }
  return { startToArmedMs: percentiles(tookMs), starts: STARTS, cameras: CAMERAS.length };
}

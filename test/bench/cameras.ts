import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Polygon } from "../../src/core/geometry.ts";
import { type GatewayRig, startRig, untilArmed } from "../support/gateway-rig.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { lackOfMotion, type Peer, startCopies, startMotion } from "./camera-peers.ts";
import { lookFigures, lookSums } from "./look-figures.ts";
import { MissingPart } from "./missing-part.ts";
import { cpuSeconds, pssMiB } from "./process-tree.ts";

// What watching cameras costs, beside motion and a bare copy that read the same streams at the same time.

const CAMERAS = 8;
const KEY_FRAME_S = 0.8;
/** After everything reads: codecs and the background settle, and what was awake for a start falls asleep. */
const WARM_UP_MS = 25_000;
const MEASURED_MS = 45_000;
/** The oldest of a minute is what the gateway tells; the first seconds of its life are not meant. */
const OLDEST_OF_MS = 62_000;
/** As rules have it that do not say. */
const COOLDOWN_S = 30;
/** The server ends its streams after this long, as a camera that reboots. */
const SERVED_S = 300;

const STILL = [`${footage("one-by-one-person.mp4")}@0-5`];
const MOVING = ["people.mp4", "car-park.mp4", "store-aisle.mp4", "person-bicycle-car.mp4"].map(footage);
/** Nearly all of the picture, as in the bench `sound`. */
const ZONE: Polygon = [
  [0.005, 0.15],
  [0.995, 0.15],
  [0.995, 0.995],
  [0.005, 0.995],
];

export async function measureCameras(): Promise<object> {
  const obstacle = thirdPartyCameras() ?? lackOfMotion();
  if (obstacle) throw new MissingPart(`bench cameras: ${obstacle}`);
  const still = await withCameras(STILL, CAMERAS, ({ streams, server }) =>
    besidePeers(streams, server, { record: false }),
  );
  const moving = await withCameras(MOVING, CAMERAS, ({ streams, server }) =>
    besidePeers(streams, server, { record: false }),
  );
  const recorded = await withCameras(MOVING, CAMERAS, ({ streams, server }) =>
    besidePeers(streams, server, { record: true }),
  );
  const maxFrameAgeMs = await withCameras(MOVING, 2 * CAMERAS, oldestFrameMs);
  const seeing = { record: false, detector: "people" } as const;
  const stillSeeing = await withCameras(STILL, CAMERAS, ({ streams, server }) =>
    besidePeers(streams, server, seeing),
  );
  const movingSeeing = await withCameras(MOVING, CAMERAS, ({ streams, server }) =>
    besidePeers(streams, server, seeing),
  );
  return {
    cameras: CAMERAS,
    still: still.cpu,
    moving: moving.cpu,
    floorCpuPercentPerCamera: still.floorCpuPercentPerCamera,
    pssMiB: recorded.pssMiB,
    peerPssMiB: recorded.peerPssMiB,
    sixteen: { maxFrameAgeMs },
    withDetection: {
      still: { ...stillSeeing.cpu, looks: stillSeeing.looks },
      moving: { ...movingSeeing.cpu, looks: movingSeeing.looks },
      pssMiB: movingSeeing.pssMiB,
    },
    configuration: {
      sub: "640x360, 15 fps, analysed at 5 fps",
      main: "1280x720, 25 fps, recorded while pssMiB and maxFrameAgeMs were measured",
      keyFrameSeconds: KEY_FRAME_S,
      rule: `person, dwellSeconds 0, cooldownSeconds ${COOLDOWN_S}, with speech, snapshot and clip`,
      detector: "movement; nanodet-g in withDetection, without recording",
      peer: "motion (Debian package), the same sub streams at the same time",
      measuredSeconds: MEASURED_MS / 1000,
    },
  };
}

interface Stream {
  readonly id: string;
  readonly clip: string;
}

interface Site {
  readonly server: CameraServer;
  readonly streams: readonly Stream[];
}

/** Serves `count` cameras that show the clips by turns while `measure` runs. */
async function withCameras<T>(
  clips: readonly string[],
  count: number,
  measure: (site: Site) => Promise<T>,
): Promise<T> {
  const streams = Array.from({ length: count }, (_, index) => ({
    id: `camera-${index + 1}`,
    clip: clips[index % clips.length] ?? "",
  }));
  say(`serving ${count} cameras: ${clips.map((clip) => clip.split("/").at(-1)).join(", ")}`);
  const server = await startCameras({
    cameras: Object.fromEntries(streams.map(({ id, clip }) => [id, clip])),
    keyFrameSeconds: KEY_FRAME_S,
    seconds: SERVED_S,
  });
  try {
    return await measure({ server, streams });
  } finally {
    await server.kill();
  }
}

interface Watching {
  readonly record: boolean;
  readonly detector?: "people" | "movement";
}

async function withGateway<T>(
  { server, streams }: Site,
  { record, detector = "movement" }: Watching,
  measure: (rig: GatewayRig) => Promise<T>,
): Promise<T> {
  const rig = await startRig({
    cameras: streams.map(({ id }) => ({
      id,
      url: server.mainUrl(id),
      sub: server.url(id),
      record,
      polygon: ZONE,
    })),
    cooldownSeconds: COOLDOWN_S,
    detector,
  });
  try {
    rig.startGateway();
    await untilArmed(rig);
    return await measure(rig);
  } finally {
    await rig.stop();
  }
}

/** CPU and memory of the gateway, of motion and of a bare copy over one and the same time. */
function besidePeers(streams: readonly Stream[], server: CameraServer, watching: Watching) {
  return withGateway({ server, streams }, watching, async (rig) => {
    const urls = streams.map(({ id }) => server.url(id));
    const folder = await mkdtemp(join(tmpdir(), "cunshao-bench-"));
    const copies = startCopies(urls);
    let motion: Peer | undefined;
    try {
      motion = await startMotion(urls, folder);
      const ours = [rig.pid ?? 0];
      const peers = motion.pids;
      await pause(WARM_UP_MS);
      const spent = (): number[] =>
        [ours, peers, copies.pids].map((pids) => sum(pids.map((pid) => cpuSeconds(pid))));
      const before = spent();
      const looksBefore = await lookSums(rig);
      const startedMs = performance.now();
      await pause(MEASURED_MS);
      const seconds = (performance.now() - startedMs) / 1000;
      const [own = 0, peer = 0, floor = 0] = spent().map((cpu, index) => {
        const percent = ((cpu - (before[index] ?? 0)) / seconds / streams.length) * 100;
        return Math.round(percent * 100) / 100;
      });
      const looks = lookFigures(looksBefore, await lookSums(rig));
      const figures = {
        looks,
        cpu: {
          cpuPercentPerCamera: own,
          peerCpuPercentPerCamera: peer,
          ratio: Math.round((own / peer) * 1000) / 1000,
        },
        floorCpuPercentPerCamera: floor,
        pssMiB: Math.round(sum(ours.map(pssMiB))),
        peerPssMiB: Math.round(sum(peers.map(pssMiB))),
      };
      say(JSON.stringify(figures));
      return figures;
    } finally {
      await motion?.stop();
      await copies.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** How old the oldest frame of a minute was when it had been judged. */
function oldestFrameMs(site: Site): Promise<number> {
  return withGateway(site, { record: true }, async (rig) => {
    await pause(WARM_UP_MS + OLDEST_OF_MS);
    const metrics = await (await rig.get("/api/v1/metrics")).text();
    const ages = metrics.matchAll(/^cunshao_analysed_frame_age_seconds\{.*quantile="1"\} (\S+)$/gm);
    return Math.round(Math.max(...[...ages].map(([, seconds]) => Number(seconds))) * 1000);
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

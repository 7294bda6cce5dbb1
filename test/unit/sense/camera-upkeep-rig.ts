import type { EncodedStream } from "../../../src/core/camera-control.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { type Logger, silentLogger } from "../../../src/core/log.ts";
import type { Camera, OnvifWiring, Privacy } from "../../../src/core/site.ts";
import { createCameraUpkeep } from "../../../src/sense/camera-upkeep.ts";
import { createCameraControlDouble } from "../../support/camera-controls-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const CAMERA: Camera = {
  id: "pond",
  name: "东塘",
  main: "rtsp://192.168.1.21:554/Streaming/Channels/101",
  sub: "rtsp://192.168.1.21:554/Streaming/Channels/102",
  zones: [],
};
const WIRING: OnvifWiring = {
  host: "192.168.1.21",
  port: 80,
  path: "/onvif/device_service",
  isSecure: false,
  setClock: true,
  keyFrameSeconds: 0.8,
};
export const HOUR_MS = 3_600_000;

export function stream(profile: string, url: string, keyFrameSeconds: number | undefined): EncodedStream {
  const size = { width: 640, height: 360, framesPerSecond: 15 };
  return { profile, name: profile, url, encoding: "H264", ...size, keyFrameSeconds };
}

/** As a camera behind an address translation names its streams. */
export const SUB = "rtsp://10.0.0.1/Streaming/Channels/102?transportmode=unicast";

export const MAIN_STREAM = stream("main", "rtsp://10.0.0.1/Streaming/Channels/101", 2);

export function createRig({
  masks,
  wiring = {},
  clockSynced = true,
  privacy,
  sub = CAMERA.sub,
  otherAddresses,
}: {
  masks?: () => Privacy["masks"];
  wiring?: Partial<OnvifWiring>;
  clockSynced?: boolean;
  privacy?: Privacy;
  otherAddresses?: Camera["otherAddresses"];
  sub?: string | undefined;
} = {}) {
  const clock = createManualClock();
  const control = createCameraControlDouble();
  const events: EventDraft[] = [];
  const masked: boolean[] = [];
  const warnings: string[] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (_fields, message) => warnings.push(message),
    child: () => log,
  };
  const dependencies = {
    clock,
    random: () => 0,
    isClockSynced: () => clockSynced,
    control,
    record: (draft: EventDraft) => events.push(draft),
    onMasked: (isMasked: boolean) => masked.push(isMasked),
    ...(masks && { masks }),
    log,
  };
  const upkeep = createCameraUpkeep(
    dependencies,
    { ...CAMERA, sub, privacy, otherAddresses },
    { ...WIRING, ...wiring },
  );
  const described = (clockAheadMs: number | undefined, ...streams: EncodedStream[]): void => {
    control.description = { ...control.description, clockAheadMs, streams };
  };
  const done = (): string[] => control.asked.filter((word) => word !== "describe");
  return { clock, control, events, masked, warnings, upkeep, described, done };
}

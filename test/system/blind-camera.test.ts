import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../src/core/event.ts";
import type { CameraView } from "../../src/core/village.ts";
import { type GatewayRig, startRig, untilArmed } from "../support/gateway-rig.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

const why = thirdPartyCameras();

describe.skipIf(why)(`a camera whose power goes${why ? ` (skipped: ${why})` : ""}`, () => {
  const clips = { cameras: { pond: footage("one-by-one-person.mp4") }, seconds: 300 };
  let cameras: CameraServer;
  let rig: GatewayRig;
  const received: LedgerEvent[] = [];

  beforeAll(async () => {
    cameras = await startCameras(clips);
    rig = await startRig({
      cameras: [
        {
          id: "pond",
          url: cameras.url("pond"),
          polygon: [
            [0, 0],
            [0.1, 0],
            [0.1, 0.1],
          ],
        },
      ],
    });
    rig.township.onEvent((event) => received.push(event));
    rig.startGateway();
    await untilArmed(rig);
  });
  afterAll(async () => {
    await rig?.stop();
    await cameras?.kill();
  });

  const told = (kind: "raised" | "cleared") =>
    received.filter(({ type }) => type === `org.cunshao.camera.fault.${kind}`).map(({ data }) => data);
  const view = async () => ((await (await rig.get("/api/v1/cameras")).json()) as CameraView[])[0];

  test("is told upstream once with its last picture, not again by a restarted box, and told when it is back", async () => {
    await cameras.kill();
    await until(() => told("raised").length > 0, { timeoutMs: 60_000, what: "the township to be told" });
    expect(told("raised")).toMatchObject([{ camera: "pond", fault: "lost", snapshot: true }]);
    await until(() => rig.township.summary().evidence === 1, { what: "the picture at the township" });
    expect((await view())?.faults).toMatchObject([{ fault: "lost" }]);
    const since = (await view())?.faults[0]?.since;

    await rig.endGateway("SIGKILL");
    rig.startGateway();
    await until(async () => (await view())?.faults[0]?.since === since, {
      timeoutMs: 60_000,
      what: "the restarted box to know of the fault",
    });

    cameras = await startCameras({ ...clips, port: cameras.port });
    await until(() => told("cleared").length > 0, { timeoutMs: 90_000, what: "the end of the fault" });
    expect(told("cleared")).toMatchObject([{ camera: "pond", fault: "lost" }]);
    expect(told("raised")).toHaveLength(1);
    expect((await view())?.faults).toEqual([]);
  });
});

import { join } from "node:path";
import sqlite3 from "sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GatewayRig, startRig, untilArmed } from "../support/gateway-rig.ts";
import { type CameraServer, footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

// The gateway's whole road on real footage, served by a third-party RTSP server: camera, rule, horn, ledger, township.

const obstacle = thirdPartyCameras();
const WHOLE_PICTURE = [
  [0.01, 0.01],
  [0.99, 0.01],
  [0.99, 0.99],
  [0.01, 0.99],
] as const;

interface StoredEvent {
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const raised = (events: readonly StoredEvent[]): string[] =>
  events.filter(({ type }) => type === "org.cunshao.alarm.raised").map(({ id }) => id);

describe.skipIf(obstacle)(`the main job on real footage${obstacle ? ` (skipped: ${obstacle})` : ""}`, () => {
  let cameras: CameraServer;
  let rig: GatewayRig;

  beforeAll(async () => {
    // Three seconds of an empty hall, then somebody walks through it: again and again.
    cameras = await startCameras({
      cameras: { hall: `${footage("one-by-one-person.mp4")}@3-14` },
      seconds: 300,
    });
    rig = await startRig({ cameras: [{ id: "hall", url: cameras.url("hall"), polygon: WHOLE_PICTURE }] });
    rig.startGateway();
    await untilArmed(rig);
  });
  afterAll(async () => {
    await rig?.stop();
    await cameras?.kill();
  });

  const atTownship = async (): Promise<StoredEvent[]> => {
    const answer = await fetch(`http://127.0.0.1:${rig.township.port}/events?after=0&limit=1000`, {
      headers: { authorization: "Bearer township-token" },
    });
    return (await answer.json()) as StoredEvent[];
  };
  const onTheBox = (): Promise<StoredEvent[]> => storedEvents(rig.dataFolder);

  test("a person enters: the relay closes, the horn speaks, SQLite has the event, the township has it once", async () => {
    await until(() => rig.horn.utterances().length > 0, {
      timeoutMs: 60_000,
      what: "sound at the amplifier",
    });
    expect(rig.relayStates).toContain(true);
    expect(rig.horn.utterances()[0]?.clipped).toBe(false);

    await until(async () => raised(await atTownship()).length > 0, {
      timeoutMs: 20_000,
      what: "the alarm upstream",
    });
    const [alarm] = raised(await atTownship());
    expect(raised(await onTheBox())).toContain(alarm);
    expect((await atTownship()).filter(({ id }) => id === alarm)).toHaveLength(1);

    await until(() => rig.township.summary().evidence > 0, {
      timeoutMs: 20_000,
      what: "the snapshot upstream",
    });
    expect((await atTownship()).map(({ type }) => type)).toContain("org.cunshao.evidence.added");
  });

  test("the alarm names what found it, and the township has its picture twice: plain, and with who it was drawn in", async () => {
    const pictures = await until(
      async () => {
        const events = await atTownship();
        const added = (kind: string) =>
          events.find(({ type, data }) => type === "org.cunshao.evidence.added" && data["kind"] === kind);
        const [plain, drawing] = [added("snapshot"), added("drawing")];
        return plain && drawing && { plain, drawing };
      },
      { timeoutMs: 30_000, what: "both pictures upstream" },
    );
    const { plain, drawing } = pictures;
    const alarm = (await atTownship()).find(
      ({ type, subject }) => type === "org.cunshao.alarm.raised" && subject === plain.subject,
    );
    const { detector, score } = alarm?.data ?? {};
    expect(detector).toEqual(expect.any(String));
    expect(plain.data).toMatchObject({ detector, boxes: [expect.anything()], paths: [expect.anything()] });
    expect(plain.data["score"]).toEqual(score);
    expect(drawing.data).toMatchObject({ detector, of: plain.data["sha256"] });
    const fetched = await Promise.all(
      [plain, drawing].map(async ({ data }) => {
        const answer = await rig.get(`/api/v1/evidence/${data["sha256"]}`);
        return Buffer.from(await answer.arrayBuffer());
      }),
    );
    expect(fetched.map((jpeg) => jpeg.toString("hex", 0, 3))).toEqual(["ffd8ff", "ffd8ff"]);
    expect(fetched[0]?.equals(fetched[1] ?? Buffer.alloc(0))).toBe(false);
    await until(() => rig.township.summary().evidence >= 2, {
      timeoutMs: 30_000,
      what: "both files upstream",
    });
  });

  test("with the fibre cut and the gateway killed in between, nothing is lost and nothing comes twice", async () => {
    rig.fibre.cut("blackhole");
    const heardBefore = rig.horn.utterances().at(-1)?.number ?? 0;
    await until(() => (rig.horn.utterances().at(-1)?.number ?? 0) > heardBefore, {
      timeoutMs: 60_000,
      what: "the horn to speak without the fibre",
    });
    await until(async () => raised(await onTheBox()).length > raised(await atTownship()).length, {
      timeoutMs: 60_000,
      what: "an alarm that only the box has",
    });

    await rig.endGateway("SIGKILL");
    const beforeRestart = raised(await onTheBox());
    rig.startGateway();
    await untilArmed(rig);
    await until(async () => raised(await onTheBox()).length > beforeRestart.length, {
      timeoutMs: 60_000,
      what: "another alarm after the restart",
    });
    expect(raised(await onTheBox())).toEqual(expect.arrayContaining(beforeRestart));

    rig.fibre.mend();
    await until(
      async () => {
        const delivered = new Set(raised(await atTownship()));
        return raised(await onTheBox()).every((id) => delivered.has(id));
      },
      { timeoutMs: 90_000, what: "every alarm to be delivered" },
    );
    const delivered = (await atTownship()).map(({ id }) => id);
    expect(new Set(delivered).size).toBe(delivered.length);
    expect((await onTheBox()).map(({ id }) => id)).toEqual(expect.arrayContaining(delivered));
    // Alarms overtake the rest: where nothing is missing any more, nothing is.
    await until(() => rig.township.summary().ledgers.every(({ gaps }) => gaps.length === 0), {
      timeoutMs: 90_000,
      what: "everything else to follow the alarms",
    });
    expect(rig.township.summary().ledgers).toMatchObject([{ gaps: [], chainOk: true }]);
  });

  test("asked to end, it ends within 10 s with the relay off", async () => {
    const { code, tookMs } = await rig.endGateway("SIGTERM");
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
    expect(rig.relayStates.at(-1)).toBe(false);
  });
});

function storedEvents(dataFolder: string): Promise<StoredEvent[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataFolder, "ledger/cunshao.sqlite"), sqlite3.OPEN_READONLY);
    database.all<{ body: string }>("SELECT body FROM events ORDER BY seq", (error, rows) => {
      database.close();
      if (error) reject(error);
      else resolve(rows.map(({ body }) => JSON.parse(body) as StoredEvent));
    });
  });
}

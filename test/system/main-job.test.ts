import { join } from "node:path";
import sqlite3 from "sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GatewayRig, startRig, untilArmed } from "../support/gateway-rig.ts";
import { startThirdPartyCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
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
}

describe.skipIf(obstacle)(
  `the main job on third-party footage${obstacle ? ` (skipped: ${obstacle})` : ""}`,
  () => {
    let cameras: Awaited<ReturnType<typeof startThirdPartyCameras>>;
    let rig: GatewayRig;

    beforeAll(async () => {
      // Three seconds of an empty hall, then somebody walks through it: again and again.
      cameras = await startThirdPartyCameras(
        { hall: "one-by-one-person.mp4@3-14" },
        { gop: 0.8, seconds: 1200 },
      );
      rig = await startRig({
        cameras: [{ id: "hall", url: `${cameras.url}/hall/sub`, polygon: WHOLE_PICTURE }],
      });
      rig.startGateway();
      await untilArmed(rig);
    });
    afterAll(async () => {
      await rig?.stop();
      await cameras?.stop();
    });

    const atTownship = async (): Promise<StoredEvent[]> => {
      const answer = await fetch(`http://127.0.0.1:${rig.township.port}/events?after=0&limit=1000`, {
        headers: { authorization: "Bearer township-token" },
      });
      return (await answer.json()) as StoredEvent[];
    };
    const raised = (events: readonly StoredEvent[]): StoredEvent[] =>
      events.filter(({ type }) => type === "org.cunshao.alarm.raised");

    test("a person enters: the relay closes, the horn speaks, the event is in SQLite, the township has it once", async () => {
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
      const stored = await storedEvents(rig.dataFolder);
      expect(raised(stored).map(({ id }) => id)).toContain(alarm?.id);
      const copies = (await atTownship()).filter(({ id }) => id === alarm?.id);
      expect(copies).toHaveLength(1);

      const snapshots = (await atTownship()).filter(({ type }) => type === "org.cunshao.evidence.added");
      await until(async () => rig.township.summary().evidence > 0, {
        timeoutMs: 20_000,
        what: "the snapshot upstream",
      });
      expect(snapshots.length).toBeGreaterThanOrEqual(0);
    });

    test("with the fibre cut and the gateway killed in between nothing is lost and nothing comes twice", async () => {
      rig.fibre.cut("blackhole");
      const heardBefore = rig.horn.utterances().at(-1)?.number ?? 0;
      await until(() => (rig.horn.utterances().at(-1)?.number ?? 0) > heardBefore, {
        timeoutMs: 60_000,
        what: "the horn to speak without the fibre",
      });
      await until(
        async () => raised(await storedEvents(rig.dataFolder)).length > raised(await atTownship()).length,
        {
          timeoutMs: 20_000,
          what: "an alarm that only the box has",
        },
      );
      await rig.endGateway("SIGKILL");
      rig.startGateway();
      await untilArmed(rig);
      const alarmsBefore = raised(await storedEvents(rig.dataFolder)).length;
      await until(async () => raised(await storedEvents(rig.dataFolder)).length > alarmsBefore, {
        timeoutMs: 60_000,
        what: "another alarm after the restart",
      });
      rig.fibre.mend();
      const { code, tookMs } = await endAfterDelivery();

      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(10_000);
      const stored = await storedEvents(rig.dataFolder);
      const delivered = await atTownship();
      expect(new Set(delivered.map(({ id }) => id)).size).toBe(delivered.length);
      const storedIds = new Set(stored.map(({ id }) => id));
      expect(delivered.filter(({ id }) => !storedIds.has(id))).toEqual([]);
      const deliveredIds = new Set(delivered.map(({ id }) => id));
      expect(raised(stored).filter(({ id }) => !deliveredIds.has(id))).toEqual([]);
      const { ledgers } = rig.township.summary();
      expect(ledgers).toMatchObject([{ gaps: [], chainOk: true }]);
      expect(rig.relayStates.at(-1)).toBe(false);
    });

    /** Every alarm of the box is at the township; then the gateway is asked to end. */
    async function endAfterDelivery() {
      await until(
        async () => {
          const delivered = new Set((await atTownship()).map(({ id }) => id));
          return raised(await storedEvents(rig.dataFolder)).every(({ id }) => delivered.has(id));
        },
        { timeoutMs: 90_000, what: "everything to be delivered" },
      );
      return rig.endGateway("SIGTERM");
    }
  },
);

function storedEvents(dataFolder: string): Promise<StoredEvent[]> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataFolder, "ledger/cunshao.sqlite"), sqlite3.OPEN_READONLY);
    database.all<StoredEvent>("SELECT id, seq, type FROM events ORDER BY seq", (error, rows) => {
      database.close();
      if (error) reject(error);
      else resolve(rows);
    });
  });
}

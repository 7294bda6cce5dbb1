import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import { type Logger, silentLogger } from "../../../src/core/log.ts";
import { createEvidenceRoom } from "../../../src/video/evidence-room.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const LOOK_MS = 10_000;

async function createRig() {
  const clock = createManualClock();
  const disk = { totalBytes: 10_000, freeBytes: 5000, totalInodes: 1000, freeInodes: 500, failing: false };
  const events: EventDraft[] = [];
  const said: string[] = [];
  const say = (_fields: object, message: string): void => void said.push(message);
  const log: Logger = { ...silentLogger, warn: say, info: say };
  const room = createEvidenceRoom(
    {
      clock,
      async space() {
        if (disk.failing) throw new Error("EIO");
        return disk;
      },
      record: (draft) => events.push(draft),
      log,
    },
    { keepFreeBytes: 1000, reservePercent: 5 },
  );
  await room.start();
  await clock.settle();
  const look = async (change: Partial<typeof disk>): Promise<boolean> => {
    Object.assign(disk, change);
    await clock.advance(LOOK_MS);
    return room.hasRoom();
  };
  const types = (): string[] => events.map(({ type }) => type.replace("org.cunshao.evidence.", ""));
  return { room, clock, events, said, look, types };
}

describe("the room for clips and line pictures", () => {
  test("ends at the reserve and begins again somewhat above it, told once each", async () => {
    const { look, types, said, room, events } = await createRig();
    expect(await look({ freeBytes: 1000 })).toBe(true);
    expect(await look({ freeBytes: 999 })).toBe(false);
    expect(await look({ freeBytes: 10 })).toBe(false);
    expect(room.health?.()).toMatchObject({ status: "degraded", reason: "evidence.no_room" });
    expect(await look({ freeBytes: 1049 })).toBe(false);
    expect(await look({ freeBytes: 1050 })).toBe(true);
    expect(room.health?.()).toMatchObject({ status: "ok" });
    expect(types()).toEqual(["paused", "resumed"]);
    expect(events[0]?.data).toEqual({ freeBytes: 999, reserveBytes: 1000, reason: "evidence.no_room" });
    expect(said).toHaveLength(2);
  });

  test("ends with the files that the disk can name", async () => {
    const { look } = await createRig();
    expect(await look({ freeInodes: 49 })).toBe(false);
    expect(await look({ freeInodes: 50 })).toBe(true);
  });

  test("stays as it was while the disk cannot be asked, which is said once", async () => {
    const { look, said, types } = await createRig();
    expect(await look({ failing: true })).toBe(true);
    expect(await look({ failing: true })).toBe(true);
    expect(said).toHaveLength(1);
    expect(await look({ failing: false, freeBytes: 1 })).toBe(false);
    expect(types()).toEqual(["paused"]);
  });

  test("is no longer looked at after the stop", async () => {
    const { room, clock } = await createRig();
    await room.stop();
    await room.stop();
    expect(clock.pending()).toBe(0);
  });
});

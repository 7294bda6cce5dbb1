import { describe, expect, test } from "vitest";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import type { InitSegment } from "../../../src/video/fragmented-mp4.ts";
import { PreRoll } from "../../../src/video/pre-roll.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const INIT: InitSegment = { bytes: Buffer.from("init"), mediaType: "video/mp4", timescale: 1000 };

function createRig(seconds: number, maxBytes = 1_000_000) {
  const clock = createManualClock();
  const hub = new FragmentHub();
  const roll = new PreRoll(clock, { seconds, maxBytes });
  roll.follow(hub);
  let count = 0;
  return {
    clock,
    hub,
    roll,
    /** One picture a second, a key frame each time the label says so: `KppKpp`. */
    async play(pictures: string, sizeBytes = 10) {
      for (const kind of pictures) {
        count += 1;
        const bytes = Buffer.alloc(sizeBytes);
        bytes.write(`${kind}${count}`);
        hub.push({ bytes, keyFrame: kind === "K", decodeTime: count * 1000 });
        await clock.advance(1000);
      }
    },
    heard(seconds: number): string[] {
      const heard: string[] = [];
      roll.attach(seconds, {
        onInit: () => heard.push("init"),
        onFragment: ({ bytes }) => heard.push(bytes.toString("latin1").replaceAll("\0", "")),
        onEnd: () => heard.push("end"),
      })();
      return heard;
    },
  };
}

describe("the pre-roll", () => {
  test("gives whole groups of pictures, from the key frame at or before the time asked for", async () => {
    const { hub, play, heard } = createRig(10);
    hub.begin(INIT);
    await play("KppKppKp");
    expect(heard(3)).toEqual(["init", "K4", "p5", "p6", "K7", "p8"]);
    expect(heard(1)).toEqual(["init", "K7", "p8"]);
  });

  test("keeps no more of the past than it needs", async () => {
    const { hub, roll, play, heard } = createRig(4);
    hub.begin(INIT);
    await play("KppKppKppKpp");
    expect(heard(60)).toEqual(["init", "K7", "p8", "p9", "K10", "p11", "p12"]);
    expect(roll.sizeBytes).toBe(60);
  });

  test("keeps the newest whole groups where its bytes do not hold the time", async () => {
    const { hub, roll, play, heard } = createRig(60, 50);
    hub.begin(INIT);
    await play("KpKpKp");
    expect(heard(60)).toEqual(["init", "K3", "p4", "K5", "p6"]);
    expect(roll.sizeBytes).toBeLessThanOrEqual(50);
  });

  test("stays within its bytes with a camera that sends no key frame for ever", async () => {
    const { hub, roll, play, heard } = createRig(60, 50);
    hub.begin(INIT);
    await play("Kpppppppp");
    expect(roll.sizeBytes).toBe(0);
    expect(heard(60)).toEqual(["init"]);
    await play("Kp");
    expect(heard(60)).toEqual(["init", "K10", "p11"]);
  });

  test("still has what came before a camera was lost, as long as that is in time", async () => {
    const { clock, hub, play, heard } = createRig(10);
    hub.begin(INIT);
    await play("Kpp");
    hub.end();
    expect(heard(5)).toEqual(["init", "K1", "p2", "p3", "end"]);
    await clock.advance(60_000);
    expect(heard(5)).toEqual(["init", "end"]);
  });

  test("forgets what is withdrawn", async () => {
    const { hub, roll, play, heard } = createRig(10);
    hub.begin(INIT);
    await play("Kpp");
    hub.withdraw();
    hub.end();
    expect(heard(60)).toEqual(["init", "end"]);
    expect(roll.sizeBytes).toBe(0);
  });

  test("begins anew with a new session, whose pictures another decoder has to read", async () => {
    const { hub, play, heard } = createRig(10);
    hub.begin(INIT);
    await play("Kp");
    hub.end();
    hub.begin(INIT);
    await play("Kp");
    expect(heard(10)).toEqual(["init", "K3", "p4"]);
  });
});

import { describe, expect, test } from "vitest";
import type { SpeakerOutlet } from "../../../src/act/broadcast-desk.ts";
import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { SayOptions } from "../../../src/act/voice.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createRightOfWay, type RightOfWay } from "../../../src/core/right-of-way.ts";
import { createTestDesk } from "../../support/desk-rig.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { order, SPEAKER } from "./act-rig.ts";

/** A desk with the speakers `pond` and `square`; the voice takes a second to make ready, and one to speak. */
async function createRig(
  options: { readonly prepareMs?: number; readonly rightOfWay?: Pick<RightOfWay, "take"> } = {},
) {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const spoken: string[] = [];
  const prepared: string[] = [];
  const voice = { failing: undefined as unknown };
  const outlets = new Map<string, SpeakerOutlet>();
  for (const id of ["pond", "square"]) {
    const channel = createSpeakerChannel({ clock, log: silentLogger }, { ...SPEAKER, id }, undefined);
    await channel.start();
    outlets.set(id, {
      channel,
      voice: {
        async prepare(content) {
          const text = content.kind === "text" ? content.text : content.kind;
          prepared.push(`${id} ${text}`);
          await clock.sleep(options.prepareMs ?? 1000);
          if (voice.failing) throw voice.failing;
          return async ({ signal, onSound }: SayOptions) => {
            onSound();
            spoken.push(`${id} ${text}`);
            await clock.sleep(1000, signal).catch(() => {});
          };
        },
      },
    });
  }
  const record = (draft: EventDraft): void => void ledger.append(draft).catch(() => {});
  const { desk } = createTestDesk(clock, outlets, record, options);
  const finished = async () =>
    (await ledger.read({ after: 0, limit: 1000 }))
      .filter(({ type }) => type === "org.cunshao.broadcast.finished")
      .map(({ data }) => data);
  return { clock, ledger, spoken, prepared, voice, outlets, desk, finished };
}

describe("an order", () => {
  test("is spoken on each of its speakers and leaves one event for each", async () => {
    const { clock, desk, spoken, ledger } = await createRig();
    desk.submit(order("a", { speakers: ["pond", "square"], alarm: "alarm-1" }));
    await clock.advance(10_000);
    expect(spoken).toEqual(["pond a", "square a"]);
    const [ordered, ...events] = await ledger.read({ after: 0, limit: 10 });
    expect(ordered).toMatchObject({ type: "org.cunshao.broadcast.ordered", class: "audit", subject: "a" });
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ type: "org.cunshao.broadcast.finished", class: "state", subject: "a" });
    expect(events[0]?.data).toEqual({
      broadcast: "a",
      speaker: "pond",
      result: "played",
      heard: "unknown",
      heardReason: "hearing.no_means",
      soundedAt: "2026-07-01T06:00:01.800Z",
      text: "a",
      priority: "rule",
      source: { kind: "rule", name: "pond-bank" },
      alarm: "alarm-1",
    });
  });

  test("has the right of way until its first sample leaves on each of its speakers, or it is over", async () => {
    const rightOfWay = createRightOfWay(createManualClock());
    const { clock, desk, spoken, voice } = await createRig({ rightOfWay });
    desk.submit(order("a", { speakers: ["pond", "square"] }));
    expect(rightOfWay.isTaken()).toBe(true);
    await clock.advance(1799);
    expect(rightOfWay.isTaken()).toBe(true);
    await clock.advance(1);
    expect(spoken).toEqual(["pond a", "square a"]);
    expect(rightOfWay.isTaken()).toBe(false);
    await clock.advance(10_000);

    desk.submit(order("b"));
    desk.silence("b");
    expect(rightOfWay.isTaken()).toBe(false);
    voice.failing = new Error("no voice");
    desk.submit(order("c"));
    expect(rightOfWay.isTaken()).toBe(true);
    await clock.advance(10_000);
    expect(rightOfWay.isTaken()).toBe(false);
  });

  test("with an id that was seen before does nothing, even after it was spoken", async () => {
    const { clock, desk, spoken } = await createRig();
    desk.submit(order("a"));
    desk.submit(order("a"));
    await clock.advance(10_000);
    desk.submit(order("a"));
    await clock.advance(10_000);
    expect(spoken).toEqual(["pond a"]);
  });

  test("whose end a speaker tells twice has ended once", async () => {
    const { clock, desk, outlets, finished } = await createRig();
    desk.submit(order("a"));
    await clock.advance(2000);
    const outcomes = outlets.get("pond")?.channel.outcomes;
    outcomes?.emit({ broadcast: "a", speaker: "pond", result: "failed", reason: "audio.failed" });
    outcomes?.emit({ broadcast: "a", speaker: "pond", result: "played" });
    await clock.advance(10_000);
    expect(await finished()).toMatchObject([{ broadcast: "a", speaker: "pond", result: "failed" }]);
  });

  test("that names a speaker twice is spoken there once", async () => {
    const { clock, desk, spoken, finished } = await createRig();
    desk.submit(order("a", { speakers: ["pond", "pond"] }));
    await clock.advance(10_000);
    expect(spoken).toEqual(["pond a"]);
    expect(await finished()).toHaveLength(1);
  });

  test("for a speaker that is not there is refused as a whole, and may be given again", async () => {
    const { clock, desk, spoken } = await createRig();
    expect(() => desk.submit(order("a", { speakers: ["pond", "nowhere"] }))).toThrowError(
      expect.objectContaining({ code: "broadcast.no_such_speaker", device: "nowhere" }),
    );
    desk.submit(order("a"));
    await clock.advance(10_000);
    expect(spoken).toEqual(["pond a"]);
  });

  test("that cannot be turned into sound fails with the reason, on its speaker only", async () => {
    const { clock, desk, voice, finished } = await createRig();
    voice.failing = new GatewayError("No engine", { code: "speech.engine_missing", kind: "permanent" });
    desk.submit(order("a", { speakers: ["pond", "square"] }));
    await clock.advance(10_000);
    expect(await finished()).toMatchObject([
      { speaker: "pond", result: "failed", reason: "speech.engine_missing" },
      { speaker: "square", result: "failed", reason: "speech.engine_missing" },
    ]);
  });

  test("is spoken although its end cannot be recorded", async () => {
    const { clock, desk, ledger, spoken } = await createRig();
    ledger.failing = true;
    desk.submit(order("a"));
    await clock.advance(10_000);
    expect(spoken).toEqual(["pond a"]);
  });

  test("of a thousand others ago is forgotten, so that memory does not grow", async () => {
    const { clock, desk, spoken } = await createRig({ prepareMs: 0 });
    desk.submit(order("first"));
    await clock.advance(10_000);
    for (let i = 0; i < 1000; i++) desk.submit(order(`order ${i}`));
    const again = order("first", { priority: "local", source: { kind: "person", name: "li" } });
    desk.submit(again);
    await clock.advance(10_000);
    expect(spoken.filter((text) => text === "pond first")).toHaveLength(2);
  });
});

describe("silencing", () => {
  test("reaches every speaker", async () => {
    const { clock, desk, finished } = await createRig();
    desk.submit(order("a", { speakers: ["pond", "square"] }));
    await clock.advance(2000);
    expect(desk.silence("a")).toBe(true);
    await clock.advance(10_000);
    expect(await finished()).toMatchObject([{ result: "stopped" }, { result: "stopped" }]);
    expect(desk.silence("a")).toBe(false);
  });

  test("reaches what is still being made ready: it is never heard", async () => {
    const { clock, desk, spoken, finished } = await createRig();
    desk.submit(order("a", { speakers: ["pond", "square"] }));
    await clock.advance(500);
    expect(desk.silence("a")).toBe(true);
    await clock.advance(10_000);
    expect(spoken).toEqual([]);
    expect(await finished()).toMatchObject([
      { speaker: "pond", result: "stopped" },
      { speaker: "square", result: "stopped" },
    ]);
  });

  test("of an order that then cannot be made ready records its end once", async () => {
    const { clock, desk, voice, finished } = await createRig();
    voice.failing = new Error("broken");
    desk.submit(order("a"));
    await clock.advance(500);
    desk.silence("a");
    await clock.advance(10_000);
    expect(await finished()).toHaveLength(1);
  });
});

describe("making the words of the rules ready", () => {
  test("prepares each on its speakers, and goes on past one that fails", async () => {
    const { clock, desk, voice, prepared } = await createRig();
    voice.failing = new Error("broken");
    const done = desk.prepare([
      { text: "水边危险", speakers: ["pond", "square"] },
      { text: "马上离开", speakers: ["pond", "gone"] },
    ]);
    await clock.advance(10_000);
    await done;
    expect(prepared).toEqual(["pond 水边危险", "square 水边危险", "pond 马上离开"]);
  });

  const rehearsal = [{ text: "快上来", speakers: ["pond", "square", "gone"] }];

  test("rehearses new words on all their speakers at once, and says when one can never say them", async () => {
    const { clock, desk, voice, prepared } = await createRig();
    const done = desk.rehearse(rehearsal);
    await clock.advance(1000);
    await done;
    expect(prepared).toEqual(["pond 快上来", "square 快上来"]);
    voice.failing = new GatewayError("no", { code: "speech.script", kind: "permanent" });
    const refused = expect(desk.rehearse(rehearsal)).rejects.toMatchObject({ code: "speech.script" });
    await clock.advance(1000);
    await refused;
  });

  test("keeps nobody waiting for a voice that is slow or fails today", async () => {
    const { clock, desk, voice } = await createRig({ prepareMs: 60_000 });
    const slow = desk.rehearse(rehearsal);
    await clock.advance(4000);
    await slow;
    voice.failing = new GatewayError("busy", { code: "speech.busy", kind: "transient" });
    const failing = desk.rehearse(rehearsal);
    await clock.advance(60_000);
    await failing;
  });
});

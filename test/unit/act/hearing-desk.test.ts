import { describe, expect, test } from "vitest";
import { createMicrophoneWitness } from "../../../src/act/microphone-witness.ts";
import { createProbeWitness } from "../../../src/act/probe-witness.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { MicrophoneListener } from "../../../src/core/hearing.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createLevelMeter } from "../../../src/drivers/audio/level-meter.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { order } from "./act-rig.ts";

import { createFixedWitness, createMicrophoneRig, createRig, hear, LEVELS, QUIET } from "./hearing-rig.ts";

test("without any means it is not known, said so, and the event waits for nothing", async () => {
  const { clock, desk, finished } = await createRig();
  desk.submit(order("a"));
  await clock.advance(5000);
  expect(await finished()).toMatchObject([
    { result: "played", heard: "unknown", heardReason: "hearing.no_means" },
  ]);
});

test("the device listens from relay on until the verdict, and never while nothing is broadcast", async () => {
  const { told, witness } = createFixedWitness();
  const { clock, desk, finished, relay } = await createRig(() => witness);
  await clock.advance(60_000);
  expect(told.opened).toBe(0);
  desk.submit(order("a"));
  await clock.advance(100);
  expect(told.open).toBe(1);
  await clock.advance(5200);
  expect(relay.isOn).toBe(false);
  expect(await finished()).toEqual([]);
  await clock.advance(3000);
  expect(await finished()).toMatchObject([{ result: "played", heard: "heard", heardBy: "microphone" }]);
  expect(told.open).toBe(0);
  await clock.advance(3_600_000);
  expect(told.opened).toBe(1);
});

test("relay on, no sound: a fault once, however often, cleared by the next broadcast that is heard", async () => {
  const { told, witness } = createFixedWitness();
  const { clock, desk, events, hearing } = await createRig(() => witness);
  const faults = async () => (await events()).filter(({ type }) => type.includes("speaker.silent"));
  told.proof = { heard: "not-heard", by: "microphone", reason: "hearing.no_sound" };
  for (const id of ["a", "b"]) {
    desk.submit(order(id));
    await clock.advance(10_000);
  }
  expect(await faults()).toMatchObject([
    { type: "org.cunshao.speaker.silent.raised", class: "state", subject: "pond", data: { broadcast: "a" } },
  ]);
  expect(hearing.silent()).toMatchObject([{ speaker: "pond" }]);
  expect(hearing.health?.()).toMatchObject({ status: "degraded", reason: "hearing.no_sound" });
  told.proof = { heard: "unknown", by: "microphone", reason: "microphone.busy" };
  desk.submit(order("c"));
  await clock.advance(10_000);
  expect(await faults()).toHaveLength(1);
  told.proof = { heard: "heard", by: "microphone" };
  desk.submit(order("d"));
  await clock.advance(10_000);
  expect((await faults()).map(({ type }) => type)).toEqual([
    "org.cunshao.speaker.silent.raised",
    "org.cunshao.speaker.silent.cleared",
  ]);
  expect(hearing.silent()).toEqual([]);
});

test("a fault of an earlier run is not raised again, and cleared all the same", async () => {
  const { told, witness } = createFixedWitness();
  const { clock, desk, events } = await createRig(() => witness, [{ speaker: "pond", sinceMs: 5 }]);
  told.proof = { heard: "not-heard", by: "microphone" };
  desk.submit(order("a"));
  await clock.advance(10_000);
  told.proof = { heard: "heard", by: "microphone" };
  desk.submit(order("b"));
  await clock.advance(10_000);
  const types = (await events()).map(({ type }) => type).filter((type) => type.includes("silent"));
  expect(types).toEqual(["org.cunshao.speaker.silent.cleared"]);
});

test("a verdict that never comes holds up neither the horn nor the next broadcast", async () => {
  const { told, witness } = createFixedWitness();
  told.proof = new Promise(() => {});
  const { clock, desk, finished, relay, channel } = await createRig(() => witness);
  desk.submit(order("a"));
  await clock.advance(4900);
  desk.submit(order("b"));
  await clock.advance(100);
  expect(channel.state()).toMatchObject({ phase: "playing", order: { id: "b" } });
  await clock.advance(5000);
  expect(relay.isOn).toBe(false);
  await clock.advance(10_000);
  const unknown = { heard: "unknown", heardReason: "hearing.too_slow" };
  expect(await finished()).toMatchObject([
    { broadcast: "a", ...unknown },
    { broadcast: "b", ...unknown },
  ]);
  expect(told.open).toBe(0);
});

test("stopping the gateway in the middle leaves the one last event and closes the device", async () => {
  const { told, witness } = createFixedWitness();
  const { clock, desk, finished, channel, hearing } = await createRig(() => witness);
  desk.submit(order("a"));
  await clock.advance(2000);
  await channel.stop();
  await hearing.stop();
  await clock.settle();
  expect(await finished()).toMatchObject([{ broadcast: "a", result: "stopped", heard: "heard" }]);
  expect(told.open).toBe(0);
});

/** A microphone that a test speaks into. */
test.each<[string, (give: MicrophoneListener, clock: ManualClock) => Promise<void>, object]>([
  [
    "what was sent",
    async (give, clock) => {
      for (let at = 0; at < LEVELS.length; at += 10) {
        await clock.advance(200);
        give.onLevels(
          LEVELS.subarray(at, at + 10).map((level) => level * 0.2 + 0.002),
          0,
        );
      }
    },
    { heard: "heard" },
  ],
  [
    "a quiet evening",
    async (give, clock) => {
      for (let at = 0; at < QUIET.length; at += 10) {
        await clock.advance(200);
        give.onLevels(QUIET.subarray(at, at + 10), 0);
      }
    },
    { heard: "not-heard", heardReason: "hearing.no_sound" },
  ],
  [
    "nothing at all, as from a plug that hangs loose",
    async (give, clock) => {
      await clock.advance(4000);
      give.onLevels(new Float32Array(200), 0);
    },
    { heard: "unknown", heardReason: "microphone.silent" },
  ],
  [
    "noise that is cut off at the end of its scale",
    async (give, clock) => {
      await clock.advance(4000);
      give.onLevels(
        QUIET.map((level) => level * 300),
        0.6,
      );
    },
    { heard: "unknown", heardReason: "microphone.clipped" },
  ],
  [
    "a beginning, then its own end",
    async (give, clock) => {
      await clock.advance(1000);
      give.onLevels(LEVELS.subarray(0, 50), 0);
      give.onEnd("microphone.ended");
    },
    { heard: "unknown", heardReason: "microphone.ended" },
  ],
  [
    "not one sound because somebody else has it",
    async (give) => give.onEnd("microphone.busy"),
    { heard: "unknown", heardReason: "microphone.busy" },
  ],
])("a microphone that gives %s", async (_what, give, expected) => {
  const { rig, witness } = createMicrophoneRig();
  const { clock, desk, finished } = await createRig(witness);
  desk.submit(order("a"));
  // Relay on, and settled.
  await clock.advance(800);
  expect(rig.listener).toBeDefined();
  if (rig.listener) await give(rig.listener, clock);
  await clock.advance(12_000);
  expect(await finished()).toMatchObject([{ result: "played", ...expected }]);
  expect(rig.closed).toBeGreaterThan(0);
});

/** Rain on the roof: as loud as a horn, and never the same. */
const STORM = Float32Array.from({ length: 200 }, (_, at) => 0.08 * (1 + ((at * 7919) % 13) / 26));

describe("in a storm", () => {
  test("the first broadcast that is not heard proves nothing: nobody knows how loud the horn is here", async () => {
    const { rig, witness } = createMicrophoneRig();
    const { clock, desk, finished, hearing } = await createRig(witness);
    desk.submit(order("a"));
    await clock.advance(800);
    if (rig.listener) await hear(rig.listener, clock, STORM);
    await clock.advance(12_000);
    expect(await finished()).toMatchObject([{ heard: "unknown", heardReason: "hearing.too_loud" }]);
    expect(hearing.silent()).toEqual([]);
  });

  test("the first broadcast is heard all the same where the horn is louder", async () => {
    const { rig, witness } = createMicrophoneRig();
    const { clock, desk, finished } = await createRig(witness);
    desk.submit(order("a"));
    await clock.advance(800);
    const both = LEVELS.map((level, at) => Math.hypot(level * 3, STORM[at] ?? 0));
    if (rig.listener) await hear(rig.listener, clock, both);
    await clock.advance(12_000);
    expect(await finished()).toMatchObject([{ heard: "heard" }]);
  });

  test("a horn that is known to be louder than it is not heard", async () => {
    const { rig, witness } = createMicrophoneRig();
    const { clock, desk, finished } = await createRig(witness);
    for (const [id, levels] of [
      ["a", LEVELS.map((level) => level * 2)],
      ["b", STORM],
    ] as const) {
      desk.submit(order(id));
      await clock.advance(800);
      if (rig.listener) await hear(rig.listener, clock, levels);
      await clock.advance(12_000);
    }
    expect(await finished()).toMatchObject([
      { broadcast: "a", heard: "heard" },
      { broadcast: "b", heard: "not-heard" },
    ]);
  });
});

describe("a live voice", () => {
  const RATE_HZ = 8000;
  /** A tone that rises and falls as `LEVELS` does. */
  const samples = Int16Array.from({ length: LEVELS.length * 160 }, (_, at) =>
    Math.round((LEVELS[Math.floor(at / 160)] ?? 0) * 30_000 * Math.sin((2 * Math.PI * 1000 * at) / RATE_HZ)),
  );

  async function talk(heard: Float32Array) {
    const { rig, witness } = createMicrophoneRig();
    const setting = await createRig(witness, [], async ({ onSound, onSent }, clock) => {
      onSound();
      for (let at = 0; at < samples.length; at += 160) {
        onSent?.(samples.subarray(at, at + 160), RATE_HZ);
        await clock.sleep(20);
      }
    });
    setting.desk.submit(order("a", { content: { kind: "live", session: "s" } }));
    await setting.clock.advance(800);
    if (rig.listener) await hear(rig.listener, setting.clock, heard);
    await setting.clock.advance(12_000);
    return setting.finished();
  }

  test("is compared with what is heard, by what was sent while it came in", async () => {
    const [ended] = await talk(LEVELS.map((level) => level * 0.2 + 0.002));
    expect(ended).toMatchObject({ result: "played", heard: "heard", heardBy: "microphone" });
    expect(ended?.["likeness"]).toBeGreaterThan(0.9);
  });

  test("is not heard where the amplifier is dead", async () => {
    expect(await talk(QUIET)).toMatchObject([{ heard: "not-heard", heardReason: "hearing.no_sound" }]);
  });
});

test("the levels of a sound that cannot be read prove nothing", async () => {
  const { rig } = createMicrophoneRig();
  const { clock, desk, finished } = await createRig((now) =>
    createMicrophoneWitness(
      {
        clock: now,
        soundLevels: {
          meter: createLevelMeter,
          async levelsOf() {
            throw new GatewayError("no", { code: "hearing.unreadable", kind: "permanent" });
          },
        },
      },
      {
        open(listener) {
          rig.listener = listener;
          return { close: async () => {} };
        },
      },
    ),
  );
  desk.submit(order("a"));
  await clock.advance(12_000);
  expect(await finished()).toMatchObject([
    { result: "played", heard: "unknown", heardReason: "hearing.unreadable" },
  ]);
});

test.each<[string, (nowMs: number) => boolean, object]>([
  [
    "more current while it speaks",
    (nowMs) => nowMs > 800 && nowMs < 4800,
    { heard: "heard", heardBy: "current" },
  ],
  ["the same current all the time", () => false, { heard: "not-heard", heardReason: "hearing.no_sound" }],
])("an amplifier that draws %s", async (_what, isSounding, expected) => {
  const { clock, desk, finished } = await createRig((now) =>
    createProbeWitness({ clock: now, log: silentLogger }, "current", {
      isSounding: async () => isSounding(now.now().monotonicMs),
    }),
  );
  desk.submit(order("a"));
  await clock.advance(12_000);
  expect(await finished()).toMatchObject([expected]);
  expect(clock.pending()).toBe(0);
});

test("a current sensor that does not answer proves nothing", async () => {
  const { clock, desk, finished } = await createRig((now) =>
    createProbeWitness({ clock: now, log: silentLogger }, "current", {
      async isSounding() {
        throw new GatewayError("no answer", { code: "modbus.timeout", kind: "transient" });
      },
    }),
  );
  desk.submit(order("a"));
  await clock.advance(12_000);
  expect(await finished()).toMatchObject([
    { result: "played", heard: "unknown", heardReason: "modbus.timeout" },
  ]);
});

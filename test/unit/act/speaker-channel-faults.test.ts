import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { createChannelRig, noAnswer, order } from "./act-rig.ts";

describe("devices that fail", () => {
  test("a relay that does not switch on: the order fails with its code, and the relay is told off", async () => {
    const { clock, journal, relay, results, channel, say } = await createChannelRig();
    relay.failing.on = true;
    say(order("unheard"));
    await clock.advance(5000);
    expect(results()).toEqual(["unheard failed serial.timeout"]);
    expect(journal).toEqual(["0 relay on", "0 relay off", "0 relay off"]);
    expect(channel.state()).toMatchObject({ phase: "idle", fault: "serial.timeout" });
    expect(channel.health?.()).toMatchObject({ status: "degraded", reason: "serial.timeout" });
  });

  test("what waits behind a failed switching on switches on again and settles: nothing plays unheard", async () => {
    const { clock, journal, relay, results, say } = await createChannelRig();
    relay.failing.on = true;
    relay.delayMs = 100;
    say(order("unheard"));
    say(order("heard"));
    await clock.advance(150);
    relay.failing.on = false;
    await clock.advance(10_000);
    expect(results()).toEqual(["unheard failed serial.timeout", "heard played"]);
    expect(journal).toEqual([
      "0 relay on",
      "100 relay off",
      "200 relay on",
      "1100 play heard 80",
      "3400 relay off",
    ]);
  });

  test("a relay that does not switch off is told again each second, and shown, until it does", async () => {
    const { clock, journal, relay, channel, say } = await createChannelRig();
    say(order("warning"));
    await clock.advance(3000);
    relay.failing.off = true;
    await clock.advance(2500);
    expect(journal.slice(2)).toEqual(["3100 relay off", "4100 relay off", "5100 relay off"]);
    expect(channel.health?.()).toMatchObject({ status: "degraded", reason: "serial.timeout" });
    relay.failing.off = false;
    await clock.advance(2000);
    expect(relay.isOn).toBe(false);
    expect(channel.health?.()).toMatchObject({ status: "ok" });
    expect(clock.pending()).toBe(0);
  });

  test("a relay that is not known to be off is not switched on: its longest time would begin anew", async () => {
    const { clock, journal, relay, results, say } = await createChannelRig();
    say(order("first"));
    await clock.advance(3000);
    relay.failing.off = true;
    await clock.advance(200);
    say(order("second"));
    await clock.settle();
    expect(results()).toEqual(["first played", "second failed serial.timeout"]);
    relay.failing.off = false;
    say(order("third"));
    await clock.advance(20_000);
    expect(results().at(-1)).toBe("third played");
    expect(journal.filter((line) => line.endsWith("relay on"))).toHaveLength(2);
  });

  test("a player that fails: the order fails with its code, the next one is played and ends the fault", async () => {
    const { clock, player, results, channel, say } = await createChannelRig();
    player.failing = new GatewayError("Gone", { code: "audio.no_device", kind: "transient" });
    say(order("mute"));
    await clock.advance(5000);
    expect(results()).toEqual(["mute failed audio.no_device"]);
    expect(channel.state().fault).toBe("audio.no_device");
    player.failing = undefined;
    say(order("heard"));
    await clock.advance(5000);
    expect(results()).toEqual(["mute failed audio.no_device", "heard played"]);
    expect(channel.state().fault).toBeUndefined();
  });

  test("a fault stays until something was played, not until something was silenced", async () => {
    const { clock, player, channel, say } = await createChannelRig();
    player.failing = noAnswer();
    say(order("mute"));
    await clock.advance(5000);
    player.failing = undefined;
    say(order("long"), 30_000);
    await clock.advance(1000);
    channel.silence("long");
    await clock.advance(5000);
    expect(channel.state().fault).toBe("serial.timeout");
  });

  test("an abort that nobody ordered is a failure, not a broadcast that was played", async () => {
    const { clock, player, results, say } = await createChannelRig();
    player.failing = new DOMException("Aborted by itself", "AbortError");
    say(order("odd"));
    await clock.advance(5000);
    expect(results()).toEqual(["odd failed unknown"]);
  });

  test("a listener that throws leaves the relay off", async () => {
    const { clock, relay, channel, say } = await createChannelRig();
    channel.outcomes.on(() => {
      throw new Error("a mistake elsewhere");
    });
    say(order("warning"));
    await clock.advance(10_000);
    expect(relay.isOn).toBe(false);
  });
});

describe("stopping", () => {
  test("silences, switches off and ends every order, and refuses new ones", async () => {
    const { clock, journal, results, channel, relay, say } = await createChannelRig();
    say(order("now"), 30_000);
    say(order("later"));
    await clock.advance(2000);
    await channel.stop();
    expect(results()).toEqual(["later stopped", "now stopped"]);
    say(order("late"));
    expect(results().at(-1)).toBe("late refused speaker.stopped");
    expect(journal.slice(2)).toEqual(["2000 relay off", "2000 cut now", "2000 relay closed"]);
    expect(relay.isOn).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("does not wait for a player that hangs before the relay is off", async () => {
    const { clock, channel, relay, player, say } = await createChannelRig();
    player.deaf = true;
    say(order("deaf"), 30_000);
    await clock.advance(2000);
    const stopped = channel.stop();
    await clock.settle();
    expect(relay.isOn).toBe(false);
    await clock.advance(60_000);
    await stopped;
  });

  test("twice is once, and leaves no timer even when the relay does not answer", async () => {
    const { clock, journal, channel, relay, say } = await createChannelRig();
    say(order("now"));
    await clock.advance(2900);
    relay.failing.off = true;
    await channel.stop();
    await channel.stop();
    expect(journal.filter((line) => line.endsWith("relay closed"))).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  test("while the relay is being switched on leaves it off", async () => {
    const { clock, channel, relay, results, say } = await createChannelRig();
    relay.delayMs = 500;
    say(order("now"));
    await clock.advance(100);
    const stopped = channel.stop();
    await clock.advance(5000);
    await stopped;
    expect(relay.isOn).toBe(false);
    expect(results()).toEqual(["now stopped"]);
  });

  test("while an order to switch on is slower than the one to switch off leaves the relay off, too", async () => {
    const { clock, journal, channel, relay, say } = await createChannelRig();
    relay.delayMs = 500;
    say(order("now"));
    await clock.advance(100);
    relay.delayMs = 0;
    const stopped = channel.stop();
    await clock.advance(5000);
    await stopped;
    expect(relay.isOn).toBe(false);
    expect(journal).toEqual(["0 relay on", "100 relay off", "500 relay off", "500 relay closed"]);
  });

  test("before the first start nothing is spoken", async () => {
    const { channel, results, say } = await createChannelRig();
    await channel.stop();
    say(order("early"));
    expect(results()).toEqual(["early refused speaker.stopped"]);
  });
});

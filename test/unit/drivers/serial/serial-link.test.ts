import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../../src/core/log.ts";
import type { Bus } from "../../../../src/core/site.ts";
import { type Clock, sleepOn } from "../../../../src/core/time.ts";
import type { ByteChannel, ChannelEvents } from "../../../../src/drivers/serial/byte-channel.ts";
import { createSerialLink } from "../../../../src/drivers/serial/serial-link.ts";
import { until } from "../../../support/until.ts";

const BUS: Bus = { id: "bus", port: "/dev/x", baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" };

/** A clock that moves only by hand. */
function createManualClock() {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const after: Clock["after"] = (delayMs, run) => {
    const timer = { atMs: nowMs + delayMs, run };
    timers.add(timer);
    return { cancel: () => timers.delete(timer) };
  };
  const clock: Clock = {
    now: () => ({ wallMs: nowMs, monotonicMs: nowMs }),
    after,
    sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
  };
  return {
    clock,
    /** Delays of the timers that are set, shortest first. */
    pending: () => [...timers].map(({ atMs }) => atMs - nowMs).sort((a, b) => a - b),
    advance(byMs: number) {
      nowMs += byMs;
      for (const timer of [...timers]) {
        if (timer.atMs > nowMs) continue;
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

function createRig() {
  const hand = createManualClock();
  const opened: ChannelEvents[] = [];
  const written: Uint8Array[] = [];
  const port = { present: true, stuck: false, attempts: 0, closed: 0 };
  const open = async (_bus: Bus, events: ChannelEvents): Promise<ByteChannel> => {
    port.attempts++;
    if (!port.present) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    opened.push(events);
    return {
      write: (bytes) => {
        written.push(bytes);
        return port.stuck ? new Promise(() => {}) : Promise.resolve();
      },
      close: async () => {
        port.closed++;
      },
    };
  };
  const link = createSerialLink({ clock: hand.clock, random: () => 0, log: silentLogger, open }, BUS);
  return { hand, opened, written, port, link };
}

describe("a serial link", () => {
  test("starts without its port, refuses requests at once and takes the port when it appears", async () => {
    const { hand, port, link } = createRig();
    port.present = false;
    await link.start();
    await until(() => link.state === "waiting");
    await expect(link.write(Buffer.of(1))).rejects.toMatchObject({
      code: "serial.port_lost",
      kind: "transient",
    });
    await expect(link.exclusive(async () => {})).rejects.toMatchObject({ code: "serial.port_lost" });
    port.present = true;
    hand.advance(250);
    await until(() => link.state === "open");
    await link.write(Buffer.of(1));
    await link.stop();
  });

  test("waits longer from attempt to attempt, never so long that a device that is back would be unsafe for 5 s", async () => {
    const { hand, port, link } = createRig();
    port.present = false;
    await link.start();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt++) {
      await until(() => port.attempts === attempt && link.state === "waiting");
      const [wait = 0] = hand.pending();
      waits.push(wait);
      hand.advance(wait);
    }
    expect(waits).toEqual([250, 500, 1000, 1500, 1500, 1500, 1500, 1500]);
    await link.stop();
  });

  test("ends what waits for an answer as soon as the port is lost, and reopens", async () => {
    const { hand, opened, link } = createRig();
    await link.start();
    const waiting = link.whileOpen(new Promise(() => {}));
    opened[0]?.onLost(new Error("unplugged"));
    await expect(waiting).rejects.toMatchObject({ code: "serial.port_lost" });
    await until(() => link.state === "waiting");
    hand.advance(250);
    await until(() => link.state === "open");
    expect(opened).toHaveLength(2);
    await link.stop();
  });

  test("gives up on a port that takes no bytes, and opens it anew", async () => {
    const { hand, port, link } = createRig();
    await link.start();
    port.stuck = true;
    const write = link.write(Buffer.of(1));
    const failed = expect(write).rejects.toMatchObject({ code: "serial.write_timeout", kind: "transient" });
    hand.advance(3_000);
    await failed;
    await until(() => link.state === "waiting");
    expect(port.closed).toBe(1);
    await link.stop();
  });

  test("runs jobs one after the other, and one that fails does not stop the next", async () => {
    const { link } = createRig();
    await link.start();
    const order: string[] = [];
    let release = (): void => {};
    const first = link.exclusive(async () => {
      order.push("first begins");
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      order.push("first ends");
      throw new Error("it failed");
    });
    const second = link.exclusive(async () => {
      order.push("second");
    });
    await until(() => order.length === 1);
    release();
    await expect(first).rejects.toThrow("it failed");
    await second;
    expect(order).toEqual(["first begins", "first ends", "second"]);
    await link.stop();
  });

  test("closes its port when stopped, and may be stopped twice", async () => {
    const { port, link } = createRig();
    await link.start();
    await link.stop();
    await link.stop();
    expect(port.closed).toBe(1);
    expect(link.state).toBe("stopped");
  });
});

import { describe, expect, test } from "vitest";
import type { Contact, Gpio } from "../../../src/core/devices.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { ContactInput } from "../../../src/core/site.ts";
import { createContactWatch } from "../../../src/sense/contact-watch.ts";
import { openContacts } from "../../../src/sense/open-contacts.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const INPUT: ContactInput = {
  id: "sos",
  name: "求助按钮",
  gpio: { chip: "pinctrl-bcm2711", line: 4, activeLow: true },
};

function lineFailed(): GatewayError {
  return new GatewayError("The line is gone", { code: "gpio.failed", kind: "transient" });
}

function createFakeContact() {
  const listeners = new Set<{ changed: (closed: boolean) => void; failed: (error: Error) => void }>();
  const wire = { closed: false, broken: false, closes: 0 };
  const contact: Contact = {
    async read() {
      if (wire.broken) throw lineFailed();
      return wire.closed;
    },
    watch(changed, failed) {
      const listener = { changed, failed };
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      wire.closes++;
    },
  };
  return {
    contact,
    wire,
    listeners,
    set(closed: boolean) {
      wire.closed = closed;
      for (const { changed } of listeners) changed(closed);
    },
    fail() {
      wire.broken = true;
      for (const { failed } of listeners) failed(lineFailed());
    },
  };
}

function createRig() {
  const clock = createManualClock();
  const fake = createFakeContact();
  const watch = createContactWatch({ clock, log: silentLogger }, INPUT, fake.contact);
  const seen: string[] = [];
  watch.observations.on(({ closed, at }) => seen.push(`${at.monotonicMs} ${closed ? "closed" : "open"}`));
  return { clock, watch, seen, ...fake };
}

describe("an input", () => {
  test("tells its first state, and is known from then on", async () => {
    const { watch, seen } = createRig();
    expect(watch.latest()).toBeUndefined();
    expect(watch.health?.()).toMatchObject({ status: "starting" });
    await watch.start();
    expect(seen).toEqual(["0 open"]);
    expect(watch.latest()).toMatchObject({ kind: "contact", input: "sos", closed: false });
    expect(watch.health?.()).toMatchObject({ status: "ok" });
  });

  test("tells a change that lasts 50 ms, once", async () => {
    const { clock, watch, seen, set } = createRig();
    await watch.start();
    await clock.advance(1000);
    set(true);
    await clock.advance(49);
    expect(seen).toEqual(["0 open"]);
    await clock.advance(1);
    set(true);
    await clock.advance(1000);
    expect(seen).toEqual(["0 open", "1050 closed"]);
  });

  test("that bounces tells where it comes to rest, counted from the last bounce", async () => {
    const { clock, watch, seen, set } = createRig();
    await watch.start();
    for (const closed of [true, false, true, false, true]) {
      set(closed);
      await clock.advance(30);
    }
    await clock.advance(1000);
    expect(seen).toEqual(["0 open", "170 closed"]);
  });

  test("that only flickers tells nothing", async () => {
    const { clock, watch, seen, set } = createRig();
    await watch.start();
    set(true);
    await clock.advance(20);
    set(false);
    await clock.advance(1000);
    expect(seen).toEqual(["0 open"]);
  });

  test("that cannot be read at the start keeps nobody else from starting, and is read again until it can", async () => {
    const { clock, watch, seen, wire } = createRig();
    wire.broken = true;
    await watch.start();
    expect(watch.health?.()).toMatchObject({ status: "degraded", reason: "gpio.failed" });
    await clock.advance(12_000);
    expect(seen).toEqual([]);
    wire.broken = false;
    wire.closed = true;
    await clock.advance(5000);
    expect(seen).toEqual(["15000 closed"]);
    expect(watch.health?.()).toMatchObject({ status: "ok" });
  });

  test("that breaks later is shown, and tells what changed meanwhile when it is back", async () => {
    const { clock, watch, seen, wire, fail } = createRig();
    await watch.start();
    fail();
    expect(watch.health?.()).toMatchObject({ status: "degraded", reason: "gpio.failed" });
    expect(watch.latest()).toBeUndefined();
    wire.broken = false;
    wire.closed = true;
    await clock.advance(5000);
    expect(seen).toEqual(["0 open", "5000 closed"]);
    expect(watch.latest()).toMatchObject({ closed: true });
    expect(watch.health?.()).toMatchObject({ status: "ok" });
  });

  test("that is coming to rest is not overruled by an older look", async () => {
    const { clock, watch, seen, wire, set, fail } = createRig();
    await watch.start();
    fail();
    wire.broken = false;
    await clock.advance(4980);
    set(true);
    wire.closed = false;
    await clock.advance(1000);
    expect(seen).toEqual(["0 open", "5030 closed"]);
  });

  test("that is stopped tells nothing more, leaves no timer and gives its line back", async () => {
    const { clock, watch, seen, listeners, wire, set, fail } = createRig();
    await watch.start();
    set(true);
    fail();
    const failLate = [...listeners].map(({ failed }) => failed);
    await watch.stop();
    for (const failed of failLate) failed(lineFailed());
    await clock.advance(10_000);
    expect(seen).toEqual(["0 open"]);
    expect(listeners.size).toBe(0);
    expect(wire.closes).toBe(1);
    expect(clock.pending()).toBe(0);
  });
});

describe("opening the inputs", () => {
  test("goes on past one that cannot be opened, which stays unknown and says why", async () => {
    const clock = createManualClock();
    const { contact } = createFakeContact();
    const gpio: Gpio = {
      openRelay: () => Promise.reject(lineFailed()),
      async openContact({ line }) {
        if (line === 99)
          throw new GatewayError("No such line", { code: "gpio.line_missing", kind: "permanent" });
        return contact;
      },
    };
    const door = { ...INPUT, id: "door", gpio: { ...INPUT.gpio, line: 99 } };
    const [missing, present, ...more] = await openContacts({ gpio, clock, log: silentLogger }, [door, INPUT]);
    expect(more).toEqual([]);
    for (const watch of [missing, present]) await watch?.start();
    expect(missing?.input.id).toBe("door");
    expect(missing?.latest()).toBeUndefined();
    expect(missing?.health?.()).toEqual({
      name: "input door",
      status: "degraded",
      reason: "gpio.line_missing",
    });
    expect(present?.latest()?.closed).toBe(false);
    for (const watch of [missing, present]) await watch?.stop();
  });
});

import { expect, test } from "vitest";
import { GatewayError } from "../../../../src/core/errors.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { createSignal } from "../../../../src/core/signals.ts";
import { encodeLcus } from "../../../../src/drivers/serial/lcus-codec.ts";
import { createLcusRelay } from "../../../../src/drivers/serial/lcus-relay.ts";
import type { LinkState, SerialLink } from "../../../../src/drivers/serial/serial-link.ts";

const ON = encodeLcus({ channel: 1, on: true }).toString("hex");
const OFF = encodeLcus({ channel: 1, on: false }).toString("hex");

/** A line whose writes the test settles one by one, in their order. */
function createLink() {
  const states = createSignal<LinkState>();
  const written: { bytes: string; done: () => void; fail: (error: Error) => void }[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const link: SerialLink = {
    bus: "relays",
    state: "waiting",
    start: async () => {},
    stop: async () => {},
    write: (bytes) =>
      new Promise((done, fail) => {
        written.push({ bytes: Buffer.from(bytes).toString("hex"), done, fail });
      }),
    exclusive(job) {
      const result = last.then(job);
      last = result.catch(() => {});
      return result;
    },
    whileOpen: (work) => work,
    onBytes: () => () => {},
    onStateChange: states.on,
  };
  return { link, written, reopen: () => states.emit("open") };
}

const LOST = new GatewayError("gone", { code: "serial.port_lost", kind: "transient" });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the last order that went out is given again when the port opens", async () => {
  const { link, written, reopen } = createLink();
  const relay = createLcusRelay({ link, log: silentLogger }, 1);
  const on = relay.switch(true);
  await settled();
  written[0]?.done();
  await on;
  reopen();
  await settled();
  expect(written.map(({ bytes }) => bytes)).toEqual([ON, ON]);
});

test("an order to switch off that fails is as good as off, also when one to switch on was still on its way", async () => {
  const { link, written, reopen } = createLink();
  const relay = createLcusRelay({ link, log: silentLogger }, 1);
  const on = relay.switch(true);
  const off = relay.switch(false);
  await settled();
  written[0]?.done();
  await on;
  await settled();
  written[1]?.fail(LOST);
  await expect(off).rejects.toMatchObject({ code: "serial.port_lost" });
  reopen();
  await settled();
  expect(written.map(({ bytes }) => bytes)).toEqual([ON, OFF, OFF]);
});

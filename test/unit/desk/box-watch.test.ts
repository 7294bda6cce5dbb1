import { Agent, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, sleepOn, systemClock } from "../../../src/core/time.ts";
import { createBoxWatch } from "../../../src/desk/box-watch.ts";
import { until } from "../../support/until.ts";

/** Ten times as fast. */
const hasty: Clock = {
  now: () => ({ wallMs: Date.now(), monotonicMs: 10 * performance.now() }),
  after: (delayMs, run) => systemClock.after(delayMs / 10, run),
  sleep: (delayMs, signal) => sleepOn(systemClock.after, delayMs / 10, signal),
};

test("a box whose alarms never end is looked at, ever more seldom", async () => {
  const looks: number[] = [];
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url?.endsWith("/session")) {
      response.end(JSON.stringify({ permissions: ["look"] }));
      return;
    }
    looks.push(hasty.now().monotonicMs);
    const now = new Date().toISOString();
    const nothing = { cameras: [], rules: [], alarms: [] };
    response.end(JSON.stringify({ site: { id: "longwan" }, version: "1", now, clock: "synced", ...nothing }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const door = {
    url: `http://127.0.0.1:${port}`,
    token: "token",
    agent: new Agent(),
    pictureAgent: new Agent(),
  };
  const watch = createBoxWatch({ clock: hasty, door: () => door, onChange: () => undefined }, "longwan");
  const flood = setInterval(() => watch.look(), 2);
  onTestFinished(() => {
    clearInterval(flood);
    watch.stop();
  });
  await until(() => looks.length >= 6, { what: "looks" });
  expect(watch.told()).toBeDefined();
  const [first = 0, second = 0] = looks;
  expect(second - first).toBeLessThan(3_000);
  expect((looks.at(-1) ?? 0) - (looks.at(-2) ?? 0)).toBeGreaterThan(3_500);
});

import { expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { createMqttInbox } from "../../../src/forward/mqtt-inbox.ts";

const TOPIC = "cunshao/longwan/commands";

const inboxOnFullDisk = () =>
  createMqttInbox(
    {
      topics: { commands: TOPIC },
      clock: systemClock,
      onCommands: () =>
        Promise.reject(new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" })),
      log: silentLogger,
    },
    { ledger: "one", timeoutMs: 60_000 },
  );

test("a command that the disk does not take has to come again by its topic", async () => {
  const message = { topic: TOPIC, payload: '{"id":"c1"}' };
  await expect(inboxOnFullDisk().take(message, undefined)).rejects.toMatchObject({ code: "ledger.full" });
});

test("a word is done with, whatever became of the commands in it", async () => {
  const payload = JSON.stringify({ ledger: "one", stored: 7, commands: [{ id: "c1" }] });
  await inboxOnFullDisk().take({ topic: "cunshao/longwan/acknowledged", payload }, undefined);
});

import { generate } from "mqtt-packet";
import { describe, expect, onTestFinished, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { type Clock, systemClock } from "../../src/core/time.ts";
import { isFailure } from "../../src/forward/answers.ts";
import { type MqttConnectionConfig, openMqttConnection } from "../../src/forward/mqtt-connection.ts";
import { startScantBroker } from "../support/scant-broker.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 3_600_000;
/** A wait that ends when the test says so. */
const AGAIN_MS = 77_777;

/** A connection to a broker that acknowledges when it is told to. */
async function setUp(config: Partial<MqttConnectionConfig> = {}) {
  const broker = await startScantBroker({ acknowledges: () => false });
  onTestFinished(broker.close);
  let isAgain: (() => void) | undefined;
  const clock: Clock = {
    ...systemClock,
    after(delayMs, run) {
      if (delayMs !== AGAIN_MS) return systemClock.after(delayMs, run);
      isAgain = run;
      return { cancel: () => undefined };
    },
  };
  const connection = await openMqttConnection(
    { clock },
    {
      ...{ url: broker.url, clientId: "box", tls: {}, timeoutMs: HOUR_MS, subscribe: { down: { qos: 1 } } },
      ...{ take: () => undefined, comesAgainMs: AGAIN_MS },
      will: { topic: "status", payload: "offline", delaySeconds: 1 },
      ...config,
    },
    new AbortController().signal,
  );
  if (isFailure(connection)) throw new Error(connection.code);
  /** How often each message was settled. */
  const settled: number[] = [];
  return {
    broker,
    connection,
    settled,
    again: () => isAgain,
    publish(count: number): void {
      for (let each = 0; each < count; each += 1) {
        const index = settled.push(0) - 1;
        connection.publish("up", `message ${index}`, {}, () => {
          settled[index] = (settled[index] ?? 0) + 1;
        });
      }
    },
  };
}

// Whoever waits for a message that is never settled waits for good, and so does everything behind it.
describe("each message is settled once by the end of a connection", () => {
  test("that comes because something was not taken, while messages are on their way", async () => {
    const full = new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
    const { again, broker, connection, publish, settled } = await setUp({ take: () => Promise.reject(full) });
    broker.say("down", {});
    const end = await until(again);
    publish(50);
    await until(() => broker.unacknowledged.length === 50);
    publish(10);
    end();
    await until(() => connection.fault());
    expect(settled).toEqual(Array(60).fill(1));
  });

  test.each([
    ["what is no packet", Buffer.from([0, 0])],
    [
      "a second CONNACK",
      generate({ cmd: "connack", sessionPresent: false, reasonCode: 0 }, { protocolVersion: 5 }),
    ],
  ])("that comes over %s behind PUBACKs", async (_what, behind) => {
    const { broker, connection, publish, settled } = await setUp();
    publish(300);
    await until(() => broker.unacknowledged.length === 128);
    broker.acknowledge(5, behind);
    await until(() => connection.fault());
    expect(settled).toEqual(Array(300).fill(1));
  });

  test("that is polite, while PUBACKs come in", async () => {
    const { broker, connection, publish, settled } = await setUp();
    publish(300);
    await until(() => broker.unacknowledged.length === 128);
    const end = connection.end(true);
    broker.acknowledge(5);
    await end;
    expect(settled).toEqual(Array(300).fill(1));
  });
});

test("a command that was sent with QoS 0 and not taken ends no connection: it would not come again by the next", async () => {
  let came = 0;
  const { again, broker } = await setUp({
    take() {
      came += 1;
      return Promise.reject(new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" }));
    },
  });
  for (let count = 0; count < 2; count += 1) broker.say("down", {}, 0);
  await until(() => came === 2);
  expect(again()).toBeUndefined();
});

describe("of 1 MiB, which is the most that the box takes in one packet,", () => {
  test("less is taken, one behind the other", async () => {
    const taken: string[] = [];
    const { broker } = await setUp({
      take({ payload }) {
        taken.push(payload);
        return undefined;
      },
    });
    const payload = "x".repeat(1_048_500);
    for (let count = 0; count < 4; count += 1) broker.say("down", { payload });
    await until(() => taken.length === 4);
    expect(new Set(taken)).toEqual(new Set([JSON.stringify({ payload })]));
  });

  test("more ends the connection before the rest has come", async () => {
    const { broker, connection } = await setUp();
    const announced = Buffer.from([0x32, 0x80, 0x80, 0x80, 0x20]);
    broker.write(Buffer.concat([announced, Buffer.alloc(3 * 1_048_576)]));
    await until(() => connection.fault());
    expect(connection.fault()?.code).toBe("upstream.bad_answer");
  });
});

import { describe, expect, onTestFinished, test } from "vitest";
import { startScantBroker } from "../support/scant-broker.ts";
import { until } from "../support/until.ts";
import { SITE, setUpBox, WAIT } from "./mqtt-rig.ts";

const HOUR_MS = 3_600_000;
/** Quick, and yet not so that a machine that has much to do comes too late with an answer. */
const QUICK = { timeoutMs: 1500, probeMs: 300, retry: { firstMs: 20, capMs: 50 } };
const QUESTION = `cunshao/${SITE}/question`;
const STATUS = `cunshao/${SITE}/status`;

async function setUp(
  withholds: Parameters<typeof startScantBroker>[0] = {},
  options: Parameters<typeof setUpBox>[0] = {},
) {
  const broker = await startScantBroker(withholds);
  onTestFinished(broker.close);
  const all = await setUpBox({ url: broker.url, timing: QUICK, ...options });
  const upstream = all.make();
  await upstream.start();
  return { ...all, broker, upstream };
}

// Pings are answered and acknowledgements are not, as by a broker that hangs: nothing else ends such a connection.
describe("a broker that takes the box's connection and then withholds", () => {
  const cases = [
    ["the answer to a subscription", { subscribes: false }, {}],
    ["the PUBACK of the birth", { acknowledges: () => false }, { acknowledge: "puback" }],
    ["the PUBACK of a question", { acknowledges: (topic: string) => topic === STATUS }, {}],
  ] as const;

  test.each(cases)("%s is left, told of, and connected to anew", async (_what, withholds, options) => {
    const { broker, upstream } = await setUp(withholds, options);
    await until(() => upstream.state().reason === "upstream.unacknowledged", WAIT);
    expect(upstream.state().status).toBe("unreachable");
    await until(() => broker.connections() >= 3, WAIT);
  });

  test.each(cases)("%s holds up no stop of the box", async (_what, withholds, options) => {
    const timing = { timeoutMs: HOUR_MS, probeMs: HOUR_MS };
    const { broker, upstream } = await setUp(withholds, { ...options, timing });
    await until(() => broker.connections() === 1, WAIT);
    if (withholds !== cases[0][1]) await until(() => broker.published.length > 0, WAIT);
    await upstream.stop();
  });

  test("the PUBACKs of events is left, and gets them on the next connection", async () => {
    let isMute = false;
    const { append, broker, done, ledger, upstream } = await setUp({
      acknowledges: (topic) => !isMute || topic === STATUS || topic === QUESTION,
    });
    const word = (stored: number) =>
      broker.say(`cunshao/${SITE}/acknowledged`, { ledger: ledger.id, stored, held: [] });
    const isAsked = () => broker.published.at(-1)?.topic === QUESTION;
    await until(isAsked, WAIT);
    word(0);
    await until(() => upstream.state().status === "connected", WAIT);
    isMute = true;
    const before = broker.connections();
    await append(3);
    await until(() => broker.connections() > before && isAsked(), WAIT);
    isMute = false;
    word(0);
    await until(() => broker.published.at(-1)?.topic === `cunshao/${SITE}/events/state`, WAIT);
    word(3);
    await until(async () => (await done()) === 3, WAIT);
  });
});

test("a broker that sends more than the box takes is left, and teaches it nothing of the size of events", async () => {
  const { append, broker, deadLetters, done, ledger, upstream } = await setUp();
  const topic = `cunshao/${SITE}/acknowledged`;
  const isAsked = () => broker.published.at(-1)?.topic === QUESTION;
  const word = (stored: number) => broker.say(topic, { ledger: ledger.id, stored, held: [] });
  await until(isAsked, WAIT);
  word(0);
  await until(() => upstream.state().status === "connected", WAIT);
  await append(1, "state", { text: "x".repeat(30_000) });
  await until(() => broker.published.at(-1)?.topic === `cunshao/${SITE}/events/state`, WAIT);
  broker.say(topic, ["x".repeat(2 * 1_048_576)]);
  await until(() => upstream.state().reason === "upstream.bad_answer", WAIT);
  await until(isAsked, WAIT);
  word(0);
  await until(() => broker.published.at(-1)?.topic === `cunshao/${SITE}/events/state`, WAIT);
  word(1);
  await until(async () => (await done()) === 1, WAIT);
  expect(await deadLetters.list(9)).toEqual([]);
});

test("128 messages at most wait for their PUBACK, and each that comes lets another one go", async () => {
  const { append, broker, ledger, upstream } = await setUp(
    { acknowledges: (topic) => topic === STATUS || topic === QUESTION },
    { timing: { ...QUICK, timeoutMs: HOUR_MS, probeMs: HOUR_MS } },
  );
  await until(() => broker.published.at(-1)?.topic === QUESTION, WAIT);
  broker.say(`cunshao/${SITE}/acknowledged`, { ledger: ledger.id, stored: 0, held: [] });
  await until(() => upstream.state().status === "connected", WAIT);
  const sent = (): number => broker.published.filter(({ topic }) => topic.includes("/events/")).length;
  await append(400);
  for (const [acknowledged, all] of [
    [0, 128],
    [1, 129],
    [40, 169],
  ] as const) {
    broker.acknowledge(acknowledged);
    await until(() => sent() === all, { ...WAIT, what: `${all} messages` });
    expect(broker.unacknowledged).toHaveLength(128);
  }
});

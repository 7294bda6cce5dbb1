import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GatewayRig, PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";

// The running gateway with its virtual amplifier: many orders from people and a program, a night, a kill switch, a crash.

const MUTE_LINE = 6;
const LONG = "今天晚上七点在村委会开会，请大家准时参加，不要带小孩，谢谢大家的配合。";

interface Event {
  readonly type: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

describe("the horns of a running gateway", () => {
  let rig: GatewayRig;
  let cookie = "";
  const program = { authorization: "Bearer a-program-of-the-township" };

  beforeAll(async () => {
    rig = await startRig({
      cameras: [],
      settleMs: 100,
      broadcasts: {
        // Night for programs, day and night: whatever the hour at which this runs.
        quietHours: [{ from: "00:00", to: "24:00", holds: ["schedule", "drill"] }],
        mostPerMinute: 600,
        killSwitch: "mute",
        loudest: [{ from: "00:00", to: "24:00", volume: 50, holds: ["township"] }],
      },
      more: {
        inputs: [
          { id: "mute", name: "静音开关", gpio: { chip: "virtual-gpio", line: MUTE_LINE, activeLow: true } },
        ],
        panel: { tokens: [{ name: "program", token: { secret: "program" } }] },
      },
      secrets: { program: "a-program-of-the-township" },
    });
    rig.startGateway();
    await untilArmed(rig);
    await logIn();
  });
  afterAll(() => rig?.stop());

  async function logIn(): Promise<void> {
    const answer = await fetch(`${rig.url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: rig.url },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
    });
    cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  }

  async function call(method: string, path: string, body?: object, as: Record<string, string> = { cookie }) {
    const answer = await fetch(`${rig.url}/api/v1${path}`, {
      method,
      headers: { origin: rig.url, ...as, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> };
  }
  const say = (order: object, as?: Record<string, string>) =>
    call("POST", "/broadcasts", { speakers: ["pond"], text: LONG, ...order }, as);

  async function events(): Promise<Event[]> {
    const all: Event[] = [];
    for (let next = 0; ; ) {
      const page = (await (await rig.get(`/api/v1/events?after=${next}&limit=1000`)).json()) as (Event & {
        seq: number;
      })[];
      const last = page.at(-1);
      if (!last) return all;
      all.push(...page);
      next = last.seq;
    }
  }
  const endsOf = async (id: string): Promise<Event["data"][]> =>
    (await events()).flatMap(({ type, data }) =>
      type === "org.cunshao.broadcast.finished" && data["broadcast"] === id ? [data] : [],
    );
  const ended = (id: string): Promise<Event["data"]> =>
    until(async () => (await endsOf(id))[0], { timeoutMs: 60_000, what: `the end of ${id}` });
  const isSounding = (): boolean => rig.horn.state().soundingSince !== undefined;
  const sounds = (what: string): Promise<unknown> => until(isSounding, { timeoutMs: 30_000, what });
  const isSilent = (what: string): Promise<unknown> =>
    until(() => rig.relayStates.at(-1) !== true && !isSounding(), { timeoutMs: 30_000, what });

  test("an emergency cuts off what sounds, and needs a confirmation and a reason", async () => {
    expect((await say({ id: "meeting", repeat: 3, whenPreempted: "resume" })).status).toBe(202);
    await sounds("the meeting");
    const emergency = { id: "dam", text: "水库要垮坝，马上上山", emergency: true };
    expect((await say(emergency)).body).toMatchObject({ code: "broadcast.not_confirmed", status: 422 });
    expect((await say({ ...emergency, confirmed: true })).body).toMatchObject({
      code: "guard.reason_needed",
    });
    expect((await say({ ...emergency, confirmed: true, reason: "水库要垮坝" })).status).toBe(202);
    const listed = await until(
      async () => {
        const { current, queue } = (await call("GET", "/broadcasts")).body;
        return (current as { id: string }[])[0]?.id === "dam" ? { current, queue } : undefined;
      },
      { timeoutMs: 30_000, what: "the emergency" },
    );
    expect(listed).toMatchObject({ current: [{ id: "dam" }], queue: [{ id: "meeting", waitsFor: "turn" }] });
    expect(await ended("dam")).toMatchObject({ result: "played", priority: "emergency" });
    // What was cut off goes on, until somebody stops it.
    await sounds("the meeting again");
    expect((await call("DELETE", "/broadcasts/meeting")).status).toBe(204);
    expect(await ended("meeting")).toMatchObject({ result: "stopped", by: { name: "admin" } });
    await isSilent("the horn to be silent and off");
  });

  test("a program is held by its limits, and an emergency of its own waits for what the box itself sees", async () => {
    expect((await say({ id: "loud", text: "通知", volume: 100 }, program)).status).toBe(202);
    expect(await ended("loud")).toMatchObject({ volume: 50, notes: ["guard.volume_capped"] });
    await isSilent("the horn to be silent and off");
    const emergency = { id: "wake", emergency: true, confirmed: true, reason: "演习" };
    expect((await say(emergency, program)).body).toMatchObject({ code: "guard.person_needed" });
    expect((await say({ ...emergency, person: "王主任" }, program)).status).toBe(202);
    const { queue } = (await call("GET", "/broadcasts")).body;
    expect(queue).toMatchObject([{ id: "wake", waitsFor: "second_key" }]);
    expect(isSounding()).toBe(false);
    await call("DELETE", "/broadcasts/wake");
  });

  test("the kill switch ends what sounds, whatever it is, and the page's state says so", async () => {
    await say({ id: "killed", emergency: true, confirmed: true, reason: "洪水" });
    await sounds("the emergency");
    rig.closeInput(MUTE_LINE, true);
    expect(await ended("killed")).toMatchObject({ result: "stopped", reason: "guard.kill_switch" });
    await isSilent("the horn to be silent and off");
    expect((await say({ id: "muted" })).body).toMatchObject({ code: "guard.kill_switch", status: 409 });
    expect((await call("GET", "/broadcasts")).body).toMatchObject({ killSwitch: true });
    rig.closeInput(MUTE_LINE, false);
    await until(async () => (await call("GET", "/broadcasts")).body["killSwitch"] === false, {
      timeoutMs: 10_000,
      what: "the kill switch to be open",
    });
  });

  test("after a crash what sounded is told as cut off, and its id is known", async () => {
    const order = { id: "crash", text: LONG, repeat: 3 };
    await say(order);
    await sounds("the broadcast");
    await until(async () => (await events()).some(({ subject }) => subject === "crash"), {
      timeoutMs: 10_000,
      what: "the order to be in the ledger",
    });
    await rig.endGateway("SIGKILL");
    rig.startGateway();
    await untilArmed(rig);
    await logIn();
    expect(await ended("crash")).toMatchObject({ result: "failed", reason: "broadcast.interrupted" });
    expect((await say(order)).status).toBe(202);
    expect((await say({ ...order, text: "别的话" })).body).toMatchObject({ code: "broadcast.id_reused" });
    expect(await endsOf("crash")).toHaveLength(1);
  });

  test("forty orders at once from people and a program: each ends once, none is cut at its beginning, the relay is off in the end", async () => {
    const orders = Array.from({ length: 40 }, (_, index) => ({
      id: `many-${index}`,
      text: index % 5 === 0 ? "应急" : `通知${index % 7}`,
      volume: 1 + ((index * 37) % 100),
      whenPreempted: index % 3 === 0 ? "resume" : "drop",
      ...(index % 5 === 0 && { emergency: true, confirmed: true, reason: "洪水" }),
    }));
    const answers = await Promise.all(
      orders.map((order, index) => say(order, index % 2 === 1 && index % 5 !== 0 ? program : { cookie })),
    );
    expect(answers.map(({ status }) => status)).toEqual(orders.map(() => 202));
    await call("DELETE", "/broadcasts/many-7");
    const ends = await until(
      async () => {
        const all = (await events()).filter(
          ({ type, subject }) =>
            type === "org.cunshao.broadcast.finished" && subject?.startsWith("many-") === true,
        );
        return all.length >= orders.length ? all : undefined;
      },
      { timeoutMs: 180_000, what: "every broadcast to end" },
    );
    expect(ends.map(({ subject }) => subject).sort()).toEqual(orders.map(({ id }) => id).sort());
    await isSilent("the horn to be silent and off");
    expect(rig.horn.utterances().filter(({ clipped }) => clipped)).toEqual([]);
  });
});

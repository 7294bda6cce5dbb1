import { describe, expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { until } from "../support/until.ts";

// What people at a desk did while a village was away: it is taken back, comes too late, or is refused.

const alarmAt = async ({ state }: DeskOfOne, id = "a1") =>
  (await state()).alarms.find((alarm) => alarm.id === id);

describe("a village that is away", () => {
  const isOver = { type: "org.cunshao.alarm.cleared", class: "alarm", subject: "a1", data: {} } as const;

  /** With an alarm, of which the desk knows. */
  async function startAway() {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    await desk.cut();
    await desk.boxWith({ status: "away" });
    const act = async (kind: string, body = {}) => {
      expect(await desk.ask("POST", `/boxes/test/alarms/a1/${kind}`, body)).toMatchObject({ status: 202 });
      return (await alarmAt(desk))?.kept.at(-1)?.id ?? "";
    };
    const takeBack = (id: string) => desk.ask("DELETE", `/boxes/test/alarms/a1/acts/${id}`);
    return { ...desk, act, takeBack };
  }

  test("is not told what was taken back before it was heard again, also after the desk was switched off", async () => {
    const desk = await startAway();
    await desk.act("acknowledge");
    const note = await desk.act("notes", { text: "写错了" });
    const clear = await desk.act("clear");
    await desk.restart();
    expect((await alarmAt(desk))?.kept.map(({ kind }) => kind)).toEqual(["acknowledge", "note", "clear"]);
    for (const id of [clear, note]) expect((await desk.takeBack(id)).status).toBe(204);
    expect(await desk.takeBack(clear)).toMatchObject({ status: 404, body: { code: "desk.act_unknown" } });
    await desk.restart();
    expect((await alarmAt(desk))?.kept.map(({ kind }) => kind)).toEqual(["acknowledge"]);
    await desk.mend();
    await until(async () => (await alarmAt(desk))?.kept.length === 0, { timeoutMs: 30_000 });
    expect(desk.box.village.handled.map(({ what }) => what)).toEqual(["acknowledged"]);
    expect(desk.box.village.state().alarms[0]?.notes).toBeUndefined();
  });

  test("has ended the alarm by itself before it hears that somebody saw to it: it is over, and the desk keeps who", async () => {
    const desk = await startAway();
    await desk.act("acknowledge");
    await desk.box.ledger.append(isOver);
    const { village } = desk.box;
    village.update({ alarms: village.state().alarms.map((one) => ({ ...one, status: "cleared" as const })) });
    await desk.mend();
    const over = { status: "cleared", acknowledgedBy: "admin", kept: [], refused: [] };
    await until(async () => (await alarmAt(desk))?.kept.length === 0, { timeoutMs: 30_000 });
    expect(await alarmAt(desk)).toMatchObject(over);
    await desk.cut();
    await desk.restart();
    expect(await alarmAt(desk)).toMatchObject(over);
    expect((await alarmAt(desk))?.isForgotten).toBeUndefined();
  });

  test("writes and ends what was done here also where its page shows newer alarms alone by then, and once", async () => {
    const desk = await startAway();
    await desk.act("notes", { text: "派出所已出发" });
    await desk.act("clear");
    const { village } = desk.box;
    const alarms = village.state().alarms.map((one) => ({ ...one, status: "cleared" as const }));
    village.formerAlarms = alarms;
    village.update({
      alarms: alarms.flatMap((one) => Array.from({ length: 51 }, (_, at) => ({ ...one, id: `n${at}` }))),
    });
    await desk.box.ledger.append(isOver);
    await desk.mend();
    await until(async () => (await alarmAt(desk))?.kept.length === 0, { timeoutMs: 30_000 });
    expect((await alarmAt(desk))?.refused).toEqual([]);
    expect(village.formerAlarms).toMatchObject([{ notes: [{ by: "admin@desk", text: "派出所已出发" }] }]);
    const { body } = await desk.ask("GET", "/desk/audit?kind=done");
    expect((body as { events: LedgerEvent[] }).events.map(({ type }) => type)).toEqual([
      "org.cunshao.desk.act",
      "org.cunshao.desk.act",
    ]);
  });

  test("says later what it does not do: that stands with the alarm until somebody has read it", async () => {
    const desk = await startAway();
    await desk.act("notes", { text: "派出所已出发" });
    await desk.box.ledger.append(isOver);
    desk.box.village.note = async () => {
      throw new GatewayError("full", { code: "alarm.too_many_notes", kind: "permanent" });
    };
    await desk.mend();
    const refusal = { kind: "note", text: "派出所已出发", person: "admin", code: "alarm.too_many_notes" };
    const refused = async () => (await alarmAt(desk))?.refused;
    await until(async () => (await refused())?.length === 1, { timeoutMs: 30_000, what: "a refusal" });
    await desk.restart();
    expect(await refused()).toMatchObject([refusal]);
    expect((await desk.takeBack((await refused())?.[0]?.id ?? "")).status).toBe(204);
    expect(await refused()).toEqual([]);
    await desk.restart();
    expect(await refused()).toEqual([]);
  });
});

describe("a village that is there and does not answer", () => {
  test("may have done what it was sent: that is not taken back", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    desk.box.village.acknowledge = () => answered;
    const told = desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {});
    const sent = await until(async () => (await alarmAt(desk))?.kept.find(({ isSent }) => isSent));
    expect(await desk.ask("DELETE", `/boxes/test/alarms/a1/acts/${sent.id}`)).toMatchObject({
      ...{ status: 409, body: { code: "desk.act_sent" } },
    });
    answer();
    expect(await told).toMatchObject({ status: 200, body: { status: "done" } });
  });

  test("may have done it also where the desk was switched off meanwhile", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    desk.box.village.acknowledge = () => new Promise(() => undefined);
    void desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {}).catch(() => undefined);
    await until(async () => (await alarmAt(desk))?.kept.some(({ isSent }) => isSent));
    await desk.cut();
    await desk.restart();
    const kept = (await alarmAt(desk))?.kept ?? [];
    expect(kept).toMatchObject([{ kind: "acknowledge", isSent: true }]);
    expect(await desk.ask("DELETE", `/boxes/test/alarms/a1/acts/${kept[0]?.id}`)).toMatchObject({
      body: { code: "desk.act_sent" },
    });
  });
});

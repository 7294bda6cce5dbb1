import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../src/core/event.ts";
import { addClip, type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

describe("the audit of the desk", () => {
  const auditOf = async ({ ask }: DeskOfOne, query = "") =>
    (await ask("GET", `/desk/audit${query}`)).body as { events: LedgerEvent[]; before: number | null };

  test("tells an administrator who watched a clip, and why, and who did what with an alarm, and nobody else", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    const film = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(1000, 7)]);
    const clip = await addClip(desk.box, film);
    await until(async () => ((await desk.state()).boxes[0]?.files.bytes ?? 0) >= film.length);
    await desk.cut();
    await desk.boxWith({ status: "away" });
    await desk.ask("GET", `/boxes/test/evidence/${clip}?reason=${encodeURIComponent("核实报警")}`);
    await desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {});

    expect((await auditOf(desk, "?kind=looked")).events).toMatchObject([
      {
        ...{ type: "org.cunshao.evidence.viewed", subject: clip },
        data: { box: "test", reason: "核实报警", by: { name: "admin" } },
      },
    ]);
    expect((await auditOf(desk, "?kind=done")).events).toMatchObject([
      {
        ...{ type: "org.cunshao.desk.act", subject: "a1" },
        data: { box: "test", kind: "acknowledge", by: { name: "admin" } },
      },
    ]);
    for (const role of ["viewer", "operator"]) {
      await desk.ask("POST", "/accounts", { username: role, password: PASSWORD, role });
      const answer = await desk.ask("GET", "/desk/audit", undefined, await desk.logIn(role));
      expect(answer).toMatchObject({ status: 403, body: { code: "access.denied" } });
    }
  });

  test("is read page by page, the newest first, each entry once", async () => {
    const desk = await startDeskOfOne("reverse");
    for (let index = 0; index < 7; index++) await desk.logIn();
    const whole = await auditOf(desk);
    expect(whole.before).toBeNull();
    const read: LedgerEvent[] = [];
    for (let before: number | null = 1e9; before !== null; ) {
      const page = await auditOf(desk, `?limit=3&before=${before}`);
      expect(page.events.length).toBeLessThanOrEqual(3);
      read.push(...page.events);
      before = page.before;
    }
    expect(read).toEqual(whole.events);
    expect(read.map(({ seq }) => seq)).toEqual([...read.map(({ seq }) => seq)].sort((a, b) => b - a));
  });
});

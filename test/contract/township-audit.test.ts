import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../src/core/event.ts";
import { systemClock } from "../../src/core/time.ts";
import { addClip, type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { createFootageRig } from "../support/footage-double.ts";
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

  test("tells who watched, took along and spoke in a village that is there, each of it once", async () => {
    const footage = await createFootageRig(systemClock);
    const recordedMs = Math.floor(systemClock.now().wallMs / 1000) * 1000 - 600_000;
    const at = (seconds: number): string => new Date(recordedMs + seconds * 1000).toISOString();
    footage.segments.record({ startMs: recordedMs, seconds: 4 });
    const desk = await startDeskOfOne("reverse", { footage });
    const { ask, box } = desk;
    await desk.here();
    await raise(box);
    const film = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(1000, 7)]);
    const clip = await addClip(box, film);

    const why = encodeURIComponent("核实报警");
    const parts = ["bytes=0-99", "bytes=100-199"].map((range) => ({ ...desk.headers, range }));
    for (const part of parts) {
      const answer = await ask("GET", `/boxes/test/evidence/${clip}?reason=${why}`, undefined, part);
      expect(answer.status).toBe(206);
    }
    // Without a reason it is shown to nobody.
    expect((await ask("GET", `/boxes/test/evidence/${clip}`)).status).toBe(400);
    const span = { camera: "pond-east", from: at(0), to: at(4), reason: "找孩子" };
    const viewing = await ask("POST", "/boxes/test/viewings", span);
    for (const from of [at(0), at(2)]) {
      const played = `/boxes/test/cameras/pond-east/recordings.mp4?viewing=${viewing.body.id}&from=${from}`;
      expect((await ask("GET", played)).status).toBe(200);
    }
    for (const address of ["snapshot.jpg", "snapsh%6ft.jpg", "snapshot.jpg"]) {
      expect((await ask("GET", `/boxes/test/cameras/pond-east/${address}`)).status).toBe(200);
    }
    expect((await ask("POST", "/boxes/test/exports", { ...span, reason: "派出所要" })).status).toBe(202);
    const words = { speakers: ["pond"], text: "请离开塘边" };
    expect((await ask("POST", "/boxes/test/broadcasts", words)).status).toBe(202);
    expect((await ask("POST", "/boxes/test/broadcasts", { ...words, speakers: [] })).status).toBe(400);

    const by = { name: "admin" };
    expect((await auditOf(desk, "?kind=looked")).events.reverse()).toMatchObject([
      { type: "org.cunshao.evidence.viewed", subject: clip, data: { box: "test", by, reason: "核实报警" } },
      {
        ...{ type: "org.cunshao.recording.viewed", subject: "pond-east" },
        data: { box: "test", by, from: span.from, to: span.to, reason: "找孩子" },
      },
      {
        ...{ type: "org.cunshao.desk.opened", subject: "test" },
        data: { path: "/cameras/pond-east/snapshot.jpg", by },
      },
      {
        ...{ type: "org.cunshao.export.ordered", subject: "pond-east" },
        data: { box: "test", by, reason: "派出所要" },
      },
    ]);
    expect((await auditOf(desk, "?kind=done")).events).toMatchObject([
      { type: "org.cunshao.desk.spoke", subject: "test", data: { path: "/broadcasts", by } },
    ]);
  });

  test("has what is said once also where it was sent again, and its answer was lost", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const words = { speakers: ["pond"], text: "请离开塘边" };
    for (const id of ["one", "one", "another", undefined, undefined]) {
      expect((await desk.ask("POST", "/boxes/test/broadcasts", { ...words, id })).status).toBe(202);
    }
    expect((await auditOf(desk, "?kind=done")).events).toHaveLength(4);
  });

  test("is not passed by with more around a reason than the desk hears: then nothing is shown", async () => {
    const footage = await createFootageRig(systemClock);
    const recordedMs = Math.floor(systemClock.now().wallMs / 1000) * 1000 - 600_000;
    footage.segments.record({ startMs: recordedMs, seconds: 4 });
    const [from, to] = [0, 4000].map((ms) => new Date(recordedMs + ms).toISOString());
    const desk = await startDeskOfOne("reverse", { footage });
    await desk.here();
    const span = { camera: "pond-east", from, to, reason: "找孩子" };
    const hidden = { ...span, around: " ".repeat(20_000) };
    for (const room of ["viewings", "exports"]) {
      const { status, body } = await desk.ask("POST", `/boxes/test/${room}`, hidden);
      expect([status, body.code, body.id]).toEqual([400, "request.invalid", undefined]);
    }
    expect((await desk.ask("POST", "/boxes/test/viewings", span)).status).toBe(201);
    expect((await auditOf(desk, "?kind=looked")).events).toMatchObject([
      { type: "org.cunshao.recording.viewed", subject: "pond-east", data: { reason: "找孩子" } },
    ]);
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

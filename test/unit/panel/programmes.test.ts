import { beforeEach, expect, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { BELL, bearer, makeServer } from "./panel-fixture.ts";

// 14:00 by the clock of the village.
let server: Awaited<ReturnType<typeof makeServer>>;
beforeEach(async () => {
  server = await makeServer(createManualClock());
});

type Method = "GET" | "POST" | "PUT" | "DELETE";
const call = (method: Method, url: string, payload?: object) =>
  server.app.inject({
    method,
    url: `/api/v1/programmes${url}`,
    headers: bearer,
    ...(payload && { payload }),
  });

test("are listed with what plays next", async () => {
  const [bell] = (await call("GET", "")).json();
  expect(bell).toMatchObject({ id: "bell", name: "早铃", text: "早上好", speakers: ["pond"] });
  expect(bell.next).toHaveLength(8);
  expect(bell.next[0]).toEqual({ local: "2026-07-02T06:30", at: "2026-07-01T22:30:00.000Z", skipped: false });
});

test("of a recording tell its name, also after it was renamed, and none once it is gone", async () => {
  const song = { ...BELL, id: "song", content: { kind: "clip", clip: "clip-1" } } as const;
  await server.app.close();
  server = await makeServer(createManualClock(), {}, {}, { programmes: [song] });
  const told = async () => (await call("GET", "")).json()[0];
  const by = { kind: "person", name: "admin" } as const;
  expect(await told()).toMatchObject({ clip: "clip-1" });
  expect((await told()).clipName).toBeUndefined();
  const file = (async function* () {
    yield Buffer.from("horn");
  })();
  await server.clips.add(file, "村歌", by);
  expect(await told()).toMatchObject({ clip: "clip-1", clipName: "村歌" });
  await server.clips.change("clip-1", { name: "新歌" }, by);
  expect((await call("POST", "/song/skips", {})).json()).toMatchObject({ clipName: "新歌" });
  await server.clips.remove("clip-1", by);
  expect((await told()).clipName).toBeUndefined();
});

test("one time is left out, and is played after all", async () => {
  const skipped = (await call("POST", "/bell/skips", {})).json();
  expect(skipped.next[0]).toMatchObject({ local: "2026-07-02T06:30", skipped: true });
  expect((await call("POST", "/bell/skips", {})).json().next[1]).toMatchObject({ skipped: true });
  const back = (await call("DELETE", "/bell/skips/2026-07-02T06:30")).json();
  expect(back.next[0]).toMatchObject({ skipped: false });
  const events = await server.ledger.latest(3);
  expect(events.map(({ type }) => type)).toEqual([
    "org.cunshao.programme.unskipped",
    "org.cunshao.programme.skipped",
    "org.cunshao.programme.skipped",
  ]);
  expect(events[0]?.data).toMatchObject({ time: "2026-07-02T06:30", by: { name: "township" } });
});

test("is paused with a reason until somebody resumes it", async () => {
  expect((await call("PUT", "/bell/pause", { reason: " " })).statusCode).toBe(400);
  const paused = (await call("PUT", "/bell/pause", { reason: "放假" })).json();
  expect(paused.paused).toMatchObject({ reason: "放假", by: { name: "township" } });
  expect((await call("DELETE", "/bell/pause")).json().paused).toBeUndefined();
});

test.each([
  ["POST", "/none/skips", {}, 404, "programme.unknown"],
  ["POST", "/bell/skips", { local: "2026-07-02T06:31" }, 404, "programme.no_such_time"],
  ["POST", "/bell/skips", { local: "tomorrow" }, 400, "request.invalid"],
  ["DELETE", "/bell/skips/2026-07-02T06:30", undefined, 404, "programme.no_such_time"],
  ["PUT", "/none/pause", { reason: "放假" }, 404, "programme.unknown"],
  ["PUT", "/bell/pause", {}, 400, "request.invalid"],
  ["DELETE", "/none/pause", undefined, 404, "programme.unknown"],
] as const)("%s %s %j is %i %s", async (method, url, payload, status, code) => {
  const answer = await call(method, url, payload);
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
});

test("with a clock that is not known to be right nobody knows what plays next", async () => {
  server.village.update({ clock: "unsynced" });
  expect((await call("GET", "")).json()[0].next).toEqual([]);
  expect((await call("POST", "/bell/skips", {})).json().code).toBe("programme.no_such_time");
});

const DRAFT = {
  name: "晚间广播",
  text: "各位村民晚上好",
  speakers: ["pond"],
  days: [6, 7],
  minutes: [18 * 60],
};

test("a new one is written, changed and taken out, and comes back under its id", async () => {
  const made = await call("POST", "", DRAFT);
  expect(made.statusCode).toBe(201);
  const { id, version } = made.json();
  expect(made.json()).toMatchObject({ ...DRAFT, repeat: 1, volume: 60, isConfigured: false });
  const later = await call("PUT", `/${id}`, { ...DRAFT, minutes: [19 * 60], version });
  expect(later.json()).toMatchObject({ id, minutes: [19 * 60], written: { by: { name: "township" } } });
  const stale = await call("DELETE", `/${id}?version=${version}`);
  expect([stale.statusCode, stale.json().code]).toEqual([409, "programme.changed"]);
  expect((await call("DELETE", `/${id}?version=${later.json().version}`)).statusCode).toBe(204);
  expect((await call("GET", "")).json()).toHaveLength(1);
  expect((await call("POST", "", { ...DRAFT, id })).json()).toMatchObject({ id });
});

test("one of the configuration is taken out and put back", async () => {
  await call("DELETE", "/bell?version=0");
  expect((await call("GET", "")).json()).toEqual([]);
  expect((await call("GET", "/taken-out")).json()).toMatchObject([{ id: "bell", name: "早铃" }]);
  expect((await call("POST", "/bell/restore")).json()).toMatchObject({ id: "bell", version: 0 });
});

test.each([
  ["no words and no recording", { text: undefined }, 400, "request.invalid"],
  ["both", { clip: "clip-1" }, 400, "request.invalid"],
  ["a recording that is not there", { text: undefined, clip: "clip-9" }, 404, "clips.unknown"],
  ["markup", { text: "<break/>好" }, 400, "broadcast.text_markup"],
  ["a name of two lines", { name: "晚\n间" }, 400, "request.invalid"],
  ["no horn", { speakers: [] }, 400, "request.invalid"],
  ["a horn that is not there", { speakers: ["barn"] }, 422, "broadcast.unknown_speaker"],
  ["a time at night", { minutes: [23 * 60] }, 422, "programme.quiet_hours"],
  ["a minute that is none", { minutes: [1440] }, 400, "request.invalid"],
  ["25 times", { minutes: Array.from({ length: 25 }, (_, index) => index) }, 400, "request.invalid"],
  ["a season that is none", { season: { from: 1301, to: 101 } }, 400, "request.invalid"],
  ["an id with a path in it", { id: "../bell" }, 400, "request.invalid"],
  ["the id of another", { id: "bell", version: 7 }, 400, "request.invalid"],
])("with %s it is refused", async (_what, wrong, status, code) => {
  const answer = await call("POST", "", { ...DRAFT, ...wrong });
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  expect((await call("GET", "")).json()).toHaveLength(1);
});

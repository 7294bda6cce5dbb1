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

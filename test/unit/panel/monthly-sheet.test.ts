import { beforeEach, expect, test } from "vitest";
import { dayOf, monthSpan } from "../../../src/panel/monthly/month-span.ts";
import { monthlyTable } from "../../../src/panel/monthly/monthly-table.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { cleared, november, raised, spoke } from "./month-rig.ts";
import { ADMIN, bearer, makeServer, PASSWORD_HASH } from "./panel-fixture.ts";

let server: Awaited<ReturnType<typeof makeServer>>;
beforeEach(async () => {
  server = await makeServer(createManualClock(Date.parse("2026-07-20T06:00:00Z")));
});

const get = (path: string, headers: Record<string, string> = bearer) =>
  server.app.inject({ method: "GET", url: `/api/v1/${path}`, headers });

async function raise(rule = "pond-bank"): Promise<void> {
  await server.ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: "alarm-1",
    data: { rule, severity: "danger", because: { kind: "presence" } },
  });
}

test("a month is counted from the ledger, with the names of the village", async () => {
  await raise();
  await server.ledger.append({
    type: "org.cunshao.camera.fault.raised",
    class: "state",
    subject: "pond-east",
    data: { fault: "covered" },
  });
  await server.ledger.append({ type: "org.cunshao.nobody.knows", class: "state", data: {} });
  const answer = await get("monthly-sheet?month=2026-07");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.json()).toMatchObject({
    month: "2026-07",
    from: "2026-06-30T16:00:00.000Z",
    until: "2026-07-31T16:00:00.000Z",
    countedUntil: "2026-07-20T06:00:00.000Z",
    isSettled: false,
    total: { alarms: 1, outcomes: { open: 1 } },
    alarms: [{ name: "东塘有人靠近", place: "东塘", severity: "danger" }],
    days: { length: 31 },
  });
});

test("a rule that was since taken out of the configuration has left its id", async () => {
  await raise("gone");
  expect((await get("monthly-sheet?month=2026-07")).json().alarms[0]).toMatchObject({
    name: "gone",
    place: "",
  });
});

test.each([
  "",
  "month=",
  "month=2026",
  "month=2026-13",
  "month=2026-00",
  "month=2026-7",
  "month=1999-07",
  "month=2026-07-01",
  "month=2026-07%00",
  "month=2026-07%0A",
  "month=-2026-07",
  "month=２０２６-07",
  "month=2026-07&month=2026-06",
  "month[]=2026-07",
  "month=2026-08",
  "month=2099-12",
  `month=${"9".repeat(4000)}`,
  "month=2026-07' OR 1=1 --",
])("%j is no month that has begun", async (query) => {
  for (const path of ["monthly-sheet", "monthly-sheet/export.csv"]) {
    const answer = await get(`${path}?${encodeURI(query).replaceAll("%25", "%")}`);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
  }
});

test("a month of long ago is empty, not an error", async () => {
  const answer = await get("monthly-sheet?month=2020-02");
  expect(answer.json()).toMatchObject({ total: { alarms: 0 }, isSettled: true, days: { length: 29 } });
});

test("who only looks gets no sheet, who may not export gets no table, and neither does a stranger", async () => {
  await server.accounts.add({ username: "guest", passwordHash: PASSWORD_HASH, role: "viewer" });
  await server.accounts.add({ username: "fitter", passwordHash: PASSWORD_HASH, role: "technician" });
  const cookieOf = async (username: string): Promise<string> => {
    const answer = await server.app.inject({
      method: "POST",
      url: "/api/v1/session",
      payload: { username, password: "correct horse battery" },
    });
    return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  };
  const statusOf = async (path: string, username: string): Promise<number> =>
    (await get(`${path}?month=2026-07`, { cookie: await cookieOf(username) })).statusCode;
  expect(await statusOf("monthly-sheet", "guest")).toBe(403);
  expect(await statusOf("monthly-sheet", "fitter")).toBe(200);
  expect(await statusOf("monthly-sheet/export.csv", "fitter")).toBe(403);
  expect(await statusOf("monthly-sheet/export.csv", ADMIN.username)).toBe(200);
  expect((await get("monthly-sheet?month=2026-07", {})).statusCode).toBe(401);
});

test("who takes the table home is written down", async () => {
  await raise();
  const answer = await get("monthly-sheet/export.csv?month=2026-07");
  expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
  expect(answer.headers["content-disposition"]).toContain('filename="month-2026-07.csv"');
  const [exported] = await server.ledger.latest(1);
  expect(exported).toMatchObject({ type: "org.cunshao.alarms.exported", data: { alarms: 1 } });
});

test("the table has figures, alarms and outages, and no cell of it is a formula", () => {
  const sheet = november([
    ...[raised("a", "11-03 14:00"), spoke("a", "11-03 14:01"), cleared("a", "11-03 14:02")],
    ...[raised("b", "11-04 14:00", { rule: "=1+1" }), cleared("b", "11-04 14:02", "@李")],
    { type: "camera.fault.raised", at: "11-29 00:00", subject: "gate", data: { fault: "covered" } },
  ]);
  const lines = monthlyTable(sheet, "龙湾村", "Asia/Shanghai").split("\r\n");
  expect(lines.slice(0, 6)).toEqual([
    "\uFEFF村,龙湾村",
    "月份,2026-11",
    "统计到,2026-12-08 00:00:00",
    "报警,2",
    "劝返,1",
    "有人处理,1",
  ]);
  expect(lines).toContain("1,2026-11-03 14:00:00,,规则 pond,pond,警告,喊了，证实响了,劝返,");
  expect(lines).toContain("4,2026-11-04 14:00:00,,规则 =1+1,'=1+1,警告,没有喊,有人处理,'@李");
  expect(lines).toContain("摄像机看不清,gate,2026-11-29 00:00:00,2026-12-01 00:00:00,未恢复,2880");
});

test.each([
  ["2026-11", "Asia/Shanghai", 30, "2026-10-31T16:00:00.000Z", "2026-11-30T16:00:00.000Z"],
  ["2028-02", "Asia/Shanghai", 29, "2028-01-31T16:00:00.000Z", "2028-02-29T16:00:00.000Z"],
  ["2026-03", "Europe/Berlin", 31, "2026-02-28T23:00:00.000Z", "2026-03-31T22:00:00.000Z"],
  ["2026-12", "Pacific/Kiritimati", 31, "2026-11-30T10:00:00.000Z", "2026-12-31T10:00:00.000Z"],
  ["2026-12", "Pacific/Pago_Pago", 31, "2026-12-01T11:00:00.000Z", "2027-01-01T11:00:00.000Z"],
])("%s in %s has %i days of its own", (month, timezone, days, from, until) => {
  const span = monthSpan(month, timezone);
  expect(span.dayStartsMs.map((ms) => new Date(ms).toISOString())[0]).toBe(from);
  expect([span.dayStartsMs.length, new Date(span.untilMs).toISOString()]).toEqual([days, until]);
  const firstMs = span.dayStartsMs[0] ?? 0;
  const daysOf = [firstMs - 1, firstMs, span.untilMs - 1, span.untilMs].map((ms) => dayOf(span, ms));
  expect(daysOf).toEqual([undefined, 0, days - 1, undefined]);
});

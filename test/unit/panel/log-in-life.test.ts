import { describe, expect, onTestFinished, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { readMessages } from "./event-stream-reader.ts";
import { listen, makeServer, PASSWORD, PASSWORD_HASH } from "./panel-fixture.ts";

const HOUR_MS = 3_600_000;

async function steppedServer() {
  const clock = createSteppedClock();
  const server = await makeServer(clock);
  onTestFinished(async () => server.app.close());
  return { ...server, clock };
}

describe("a log-in", () => {
  test("tells who is logged in, until 12 hours after its last use", async () => {
    const { app, logIn, clock } = await steppedServer();
    const cookie = await logIn();
    const whoAmI = () => app.inject({ url: "/api/v1/session", headers: { cookie } });
    expect((await whoAmI()).json()).toMatchObject({ username: "admin", role: "administrator" });
    for (let use = 0; use < 3; use++) {
      clock.step(12 * HOUR_MS - 1);
      expect((await whoAmI()).statusCode).toBe(200);
    }
    clock.step(12 * HOUR_MS);
    expect((await whoAmI()).statusCode).toBe(401);
  });

  test.each([
    ["viewer", 30],
    ["operator", 30],
    ["township", 30],
    ["technician", 7],
    ["administrator", 7],
  ])("of a %s ends after %i days, however much it is used", async (role, days) => {
    const { app, accounts, logIn, clock } = await steppedServer();
    await accounts.add({ username: "wang", passwordHash: PASSWORD_HASH, role });
    const cookie = await logIn("wang");
    const whoAmI = async () => (await app.inject({ url: "/api/v1/session", headers: { cookie } })).statusCode;
    for (let hours = 0; hours < days * 24 - 6; hours += 6) {
      clock.step(6 * HOUR_MS);
      expect(await whoAmI()).toBe(200);
    }
    clock.step(6 * HOUR_MS);
    expect(await whoAmI()).toBe(401);
  });

  test("that is in use lets nobody change accounts or the set-up half a day later without the password", async () => {
    const { app, logIn, clock } = await steppedServer();
    const asked = async (
      cookie: string,
      method: "GET" | "PUT" | "POST" | "DELETE",
      url: string,
      payload?: object,
    ) => {
      const answer = await app.inject({
        method,
        url: `/api/v1${url}`,
        headers: { cookie },
        payload: payload ?? {},
      });
      return [answer.statusCode, answer.json()?.code ?? ""];
    };
    const old = await logIn();
    clock.step(6 * HOUR_MS);
    expect(
      await asked(old, "POST", "/accounts", { username: "li", role: "viewer", password: PASSWORD }),
    ).toEqual([201, ""]);
    clock.step(6 * HOUR_MS);
    expect(await asked(old, "DELETE", "/accounts/li")).toEqual([403, "session.stale"]);
    expect(await asked(old, "PUT", "/cameras/pond-east/zones/bank", {})).toEqual([403, "session.stale"]);
    const looks = await app.inject({ url: "/api/v1/accounts", headers: { cookie: old } });
    expect(looks.statusCode).toBe(200);
    const fresh = await logIn();
    const ended = await app.inject({
      method: "DELETE",
      url: "/api/v1/accounts/li",
      headers: { cookie: fresh },
    });
    expect(ended.statusCode).toBe(204);
  });

  test("does not get years from a clock that was years ahead", async () => {
    const { app, logIn, clock } = await steppedServer();
    const wallMs = clock.now().wallMs;
    clock.set(Date.parse("2100-01-01T00:00:00Z"));
    const cookie = await logIn();
    clock.set(wallMs);
    expect((await app.inject({ url: "/api/v1/session", headers: { cookie } })).statusCode).toBe(401);
  });

  test("stays when the clock is put right by minutes", async () => {
    const { app, logIn, clock } = await steppedServer();
    const cookie = await logIn();
    clock.set(clock.now().wallMs - 20 * 60_000);
    expect((await app.inject({ url: "/api/v1/session", headers: { cookie } })).statusCode).toBe(200);
  });

  describe("with its page open", () => {
    async function openPage() {
      const clock = createManualClock();
      const server = await makeServer(clock);
      onTestFinished(async () => server.app.close());
      const cookie = await server.logIn();
      const page = await readMessages(`${await listen(server)}/api/v1/state/stream`, { cookie });
      onTestFinished(() => page.close());
      const isIn = async () =>
        (await server.app.inject({ url: "/api/v1/session", headers: { cookie } })).statusCode === 200;
      return { ...server, clock, page, isIn };
    }

    test("for 13 hours still shows an alarm", async () => {
      const { clock, page, village, isIn } = await openPage();
      await clock.advance(13 * HOUR_MS);
      village.update({ alarms: [{ id: "late" } as never] });
      await clock.advance(5_000);
      await until(() => page.messages.some(({ data }) => data.includes('"late"')));
      expect([page.ended(), await isIn()]).toEqual([false, true]);
    });

    test("and then closed for 12 is over", async () => {
      const { clock, page, isIn } = await openPage();
      await clock.advance(13 * HOUR_MS);
      const before = clock.pending();
      await page.close();
      await until(() => clock.pending() < before);
      await clock.advance(12 * HOUR_MS);
      expect(await isIn()).toBe(false);
    });

    test("for ever is cut off in the end", async () => {
      // It lets whole hours pass at once: a week of beats would take half a minute.
      const server = await steppedServer();
      const { clock } = server;
      const cookie = await server.logIn();
      const page = await readMessages(`${await listen(server)}/api/v1/state/stream`, { cookie });
      onTestFinished(() => page.close());
      const whoAmI = () => server.app.inject({ url: "/api/v1/session", headers: { cookie } });
      clock.step(7 * 24 * HOUR_MS - 1);
      expect([(await whoAmI()).statusCode, page.ended()]).toEqual([200, false]);
      clock.step(1);
      await until(() => page.ended());
      expect((await whoAmI()).statusCode).toBe(401);
    });
  });
});

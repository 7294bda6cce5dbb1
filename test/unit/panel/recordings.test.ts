import { mkdtempSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { type ClientRequest, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { probe } from "../../support/probe.ts";
import { until } from "../../support/until.ts";
import { bearer, listen, PASSWORD_HASH } from "./panel-fixture.ts";
import { HOUR_MS, REASON, rig } from "./recordings-rig.ts";

describe("recordings", () => {
  test("are listed as the times that they hold", async () => {
    const { segments, startMs, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    segments.record({ startMs: startMs + 60_000, seconds: 10 });
    const answer = await ask("GET", `/cameras/pond-east/recordings?from=${at(5)}&to=${at(300)}`);
    expect(answer.json()).toEqual([
      { from: at(5), to: at(10) },
      { from: at(60), to: at(70) },
    ]);
  });

  test("play from the key frame at or before the time asked for to the next gap, in a file that plays", async () => {
    const { segments, startMs, ask, at, view, playUrl } = await rig();
    segments.record({ startMs, seconds: 4 });
    segments.record({ startMs: startMs + 4000, seconds: 4 });
    segments.record({ startMs: startMs + 60_000, seconds: 4 });
    const answer = await ask("GET", playUrl(await view(0, 600), 2.5));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": "video/mp4",
      "cunshao-from": at(2),
      "cunshao-to": at(8),
      "cunshao-clock": "synced",
      "accept-ranges": "none",
    });
    const path = join(mkdtempSync(join(tmpdir(), "played-")), "video.mp4");
    writeFileSync(path, answer.rawPayload);
    expect(probe(path)).toMatchObject({
      complaints: "",
      beginsWithKeyFrame: true,
      frames: 60,
      startSeconds: 0,
    });
  });

  test("tell their true time without their bytes, and play to a player that asks for all of them as a range", async () => {
    const { segments, replay, startMs, ask, at, view, playUrl } = await rig();
    segments.record({ startMs, seconds: 4 });
    const url = playUrl(await view(0, 600), 1.5);
    const { play } = replay;
    const asked: { read: number; closed: number } = { read: 0, closed: 0 };
    replay.play = async (...wanted) => {
      const playback = await play(...wanted);
      async function* counted() {
        for await (const chunk of playback.chunks) {
          asked.read += 1;
          yield chunk;
        }
      }
      const close = () => {
        asked.closed += 1;
        return playback.close();
      };
      return { ...playback, chunks: counted(), close };
    };
    for (let jump = 0; jump < 10; jump++) {
      const head = await ask("HEAD", url);
      expect([head.statusCode, head.headers["cunshao-from"], head.rawPayload.length]).toEqual([
        200,
        at(1),
        0,
      ]);
    }
    await until(() => asked.closed === 10);
    expect(asked.read).toBe(0);
    const answer = await ask("GET", url, undefined, { ...bearer, range: "bytes=0-" });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-range"]).toBeUndefined();
  });

  test("are seen by whoever said why, once in the audit however often they play", async () => {
    const { segments, startMs, ledger, ask, at, view, playUrl } = await rig();
    segments.record({ startMs, seconds: 10 });
    const viewing = await view(0, 600);
    for (const from of [0, 3, 6]) expect((await ask("GET", playUrl(viewing, from))).statusCode).toBe(200);
    const audit = await ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit).toMatchObject([
      {
        type: "org.cunshao.recording.viewed",
        subject: "pond-east",
        data: {
          by: { kind: "township", name: "township", role: "township" },
          address: "127.0.0.1",
          from: at(0),
          to: at(600),
          reason: REASON,
        },
      },
    ]);
  });

  test("are not shown where the audit cannot be written", async () => {
    const { segments, startMs, ledger, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    ledger.failing = true;
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: REASON };
    const answer = await ask("POST", "/viewings", body);
    expect([answer.statusCode, answer.json().code]).toEqual([503, "audit.unavailable"]);
  });

  test("are not shown on another's reason, of another camera or time, nor an hour later", async () => {
    const { segments, startMs, clock, accounts, logIn, ask, at, view, playUrl } = await rig();
    segments.record({ startMs, seconds: 10 });
    segments.record({ camera: "road", startMs, seconds: 10 });
    const viewing = await view(0, 10);
    await accounts.save({ username: "li", passwordHash: PASSWORD_HASH, role: "operator" });
    const cookie = await logIn("li");
    const codes = [
      await ask("GET", playUrl(viewing, 0), undefined, { cookie }),
      await ask("GET", playUrl("made-up", 0)),
      await ask("GET", playUrl(viewing, 11)),
      await ask("GET", `/cameras/road/recordings.mp4?viewing=${viewing}&from=${at(0)}`),
    ].map((answer) => answer.json().code);
    expect(new Set(codes)).toEqual(new Set(["viewing.required"]));
    clock.step(HOUR_MS);
    expect((await ask("GET", playUrl(viewing, 0))).json().code).toBe("viewing.required");
  });

  test("end with a connection that is closed half-way, and leave no file open", async () => {
    const server = await rig();
    const { segments, startMs, view, playUrl } = server;
    const { path } = segments.record({ startMs, seconds: 60, size: "640x360" });
    const base = await listen(server);
    const isOpen = (): boolean =>
      readdirSync("/proc/self/fd").some((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === path;
        } catch {
          return false;
        }
      });
    const url = `${base}/api/v1${playUrl(await view(0, 600), 0)}`;
    await new Promise<void>((resolve) => {
      const request = get(url, { headers: bearer }, (answer) => {
        answer.once("readable", () => {
          expect(isOpen()).toBe(true);
          request.destroy();
          resolve();
        });
      });
      request.on("error", () => {});
    });
    await until(() => !isOpen());
  });

  test("give their places to others when eight players take nothing for a minute", async () => {
    const server = await rig();
    const { segments, clock, replay, startMs, view, playUrl } = server;
    segments.record({ startMs, seconds: 4 });
    const { play } = replay;
    let given = 0;
    let closed = 0;
    replay.play = async (...wanted) => {
      const playback = await play(...wanted);
      async function* endless() {
        for (;;) {
          given += 1;
          yield Buffer.alloc(1024 * 1024);
        }
      }
      const close = () => {
        closed += 1;
        return playback.close();
      };
      return { ...playback, chunks: endless(), close };
    };
    const url = `${await listen(server)}/api/v1${playUrl(await view(0, 600), 0)}`;
    const players: ClientRequest[] = [];
    onTestFinished(() => {
      for (const player of players) player.destroy();
    });
    const statusOf = () =>
      new Promise((resolve, reject) => {
        const player = get(url, { headers: bearer, agent: false }, (answer) => {
          // Nobody reads on.
          answer.on("error", () => {});
          resolve(answer.statusCode);
        });
        players.push(player.on("error", reject));
      });
    for (let player = 0; player < 8; player++) expect(await statusOf()).toBe(200);
    expect(await statusOf()).toBe(503);
    // The system's own buffers take the first megabytes.
    let before = -1;
    await until(() => {
      const isStill = before === given;
      before = given;
      return isStill;
    });
    await until(() => {
      clock.step(60_000);
      return closed === 8;
    });
    expect(await statusOf()).toBe(200);
  });

  test("are kept by somebody who may set the box up, with a reason, and let go again", async () => {
    const { segments, startMs, ledger, logIn, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: "派出所要" };
    expect((await ask("POST", "/recordings/locks", body)).json().code).toBe("access.denied");
    const headers = { cookie: await logIn() };
    expect((await ask("POST", "/recordings/locks", body, headers)).json()).toEqual({ segments: 1 });
    expect(segments.segments[0]?.isLocked).toBe(true);
    expect((await ask("DELETE", "/recordings/locks", body, headers)).json()).toEqual({ segments: 1 });
    expect(segments.segments[0]?.isLocked).toBe(false);
    expect((await ledger.latest(2)).map(({ type, data }) => [type, data["reason"]])).toEqual([
      ["org.cunshao.recording.unlocked", "派出所要"],
      ["org.cunshao.recording.locked", "派出所要"],
    ]);
  });
});

describe("a request for recordings is answered clearly", () => {
  const list = (from: string, to: string, camera = "pond-east") =>
    `/cameras/${camera}/recordings?from=${from}&to=${to}`;

  test.each<[string, (at: (seconds: number) => string) => string, number, string]>([
    ["of an unknown camera", (at) => list(at(0), at(1), "nowhere"), 404, "camera.unknown"],
    ["that ends before it begins", (at) => list(at(9), at(1)), 422, "recordings.bad_range"],
    ["that ends where it begins", (at) => list(at(9), at(9)), 422, "recordings.bad_range"],
    ["of the future", (at) => list(at(7200), at(7260)), 422, "recordings.future"],
    ["of eight thousand years", (at) => list(at(0), "9999-01-01T00:00:00Z"), 422, "recordings.too_long"],
    ["of a million years", (at) => list(at(0), "+1002026-01-01T00:00:00Z"), 400, "request.invalid"],
    ["of no time", (at) => list(at(0), "yesterday"), 400, "request.invalid"],
    ["of a time without its zone", (at) => list(at(0), "2026-07-01T06:00:00"), 400, "request.invalid"],
    ["of half a span", (at) => `/cameras/pond-east/recordings?from=${at(0)}`, 400, "request.invalid"],
  ])("%s", async (_what, url, status, code) => {
    const { segments, startMs, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    const answer = await ask("GET", url(at).replaceAll("+", "%2B"));
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.json().title).toMatch(/[\u4e00-\u9fff]/);
  });

  test("with what there is, where it reaches past the end and into the future", async () => {
    const { segments, startMs, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    expect((await ask("GET", list(at(5), at(7200)))).json()).toEqual([{ from: at(5), to: at(10) }]);
    expect((await ask("GET", list(at(20), at(30)))).json()).toEqual([]);
  });

  test.each([
    ["nothing is recorded then", { from: 600, to: 660 }, "recordings.none"],
    ["it is more than a day", { from: 0, to: 26 * 3600 }, "recordings.too_long"],
    ["there is no reason", { from: 0, to: 10, reason: "" }, "request.invalid"],
    ["the reason is blank", { from: 0, to: 10, reason: "   \n " }, "request.invalid"],
    ["the reason is a novel", { from: 0, to: 10, reason: "长".repeat(201) }, "request.invalid"],
  ])(
    "for a viewing: %s",
    async (_what, { from, to, reason = REASON }: { from: number; to: number; reason?: string }, code) => {
      const { segments, startMs, ledger, ask, at } = await rig();
      segments.record({ startMs, seconds: 10 });
      const answer = await ask("POST", "/viewings", {
        camera: "pond-east",
        from: at(from),
        to: at(to),
        reason,
      });
      expect(answer.json().code).toBe(code);
      expect(ledger.head).toBe(0);
    },
  );
});

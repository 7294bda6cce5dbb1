import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { bearer, PASSWORD_HASH } from "./panel-fixture.ts";
import { REASON, rig } from "./recordings-rig.ts";

describe("an export over the API", () => {
  test("is ordered with a reason, made, fetched and audited", async () => {
    const { segments, startMs, ledger, exports, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: REASON };
    const ordered = await ask("POST", "/exports", body);
    expect(ordered.statusCode).toBe(202);
    const { id } = ordered.json();
    expect(ordered.headers["location"]).toBe(`/api/v1/exports/${id}`);
    await until(async () => (await ask("GET", `/exports/${id}`)).json().status === "done");
    expect((await ask("GET", "/exports")).json()).toMatchObject([
      { id, camera: "pond-east", from: at(0), to: at(10), reason: REASON, progress: 1 },
    ]);

    const whole = await ask("GET", `/exports/${id}/package.zip`);
    expect(whole.headers).toMatchObject({
      "content-type": "application/zip",
      "content-length": String(whole.rawPayload.length),
      "content-disposition": expect.stringMatching(
        /^attachment; filename="pond-east-[\dT-]+Z-package\.zip"$/,
      ),
    });
    const { file } = exports;
    let reads = 0;
    exports.file = async (...wanted) => {
      const found = await file(...wanted);
      const read = (start: number, end: number) => {
        reads += 1;
        return found.read(start, end);
      };
      return { ...found, read };
    };
    const head = await ask("HEAD", `/exports/${id}/package.zip`);
    expect([head.statusCode, head.headers["content-length"], head.rawPayload.length, reads]).toEqual([
      200,
      String(whole.rawPayload.length),
      0,
      0,
    ]);
    const part = await ask("GET", `/exports/${id}/package.zip`, undefined, {
      ...bearer,
      range: "bytes=100-199",
    });
    expect([part.statusCode, part.headers["content-range"]]).toEqual([
      206,
      `bytes 100-199/${whole.rawPayload.length}`,
    ]);
    expect(part.rawPayload.equals(whole.rawPayload.subarray(100, 200))).toBe(true);
    const beyond = await ask("GET", `/exports/${id}/video.mp4`, undefined, {
      ...bearer,
      range: "bytes=99999999-",
    });
    expect([beyond.statusCode, beyond.json().code]).toEqual([416, "evidence.range"]);
    for (const file of [
      "manifest.json",
      "manifest.sig",
      "certificate.pem",
      "box.pub",
      "README.txt",
      "video.mp4",
    ]) {
      expect((await ask("GET", `/exports/${id}/${file}`)).statusCode).toBe(200);
    }

    const manifest = (await ask("GET", `/exports/${id}/manifest.json`)).json();
    const [order, ...fetched] = await ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(order).toMatchObject({
      type: "org.cunshao.export.ordered",
      subject: "pond-east",
      data: { reason: REASON, by: { role: "township" }, address: "127.0.0.1" },
    });
    expect(manifest.audit).toEqual({ id: order?.id, seq: order?.seq });
    expect(manifest.certificateSha256).toBe(order?.data["certificateSha256"]);
    expect(fetched[0]).toMatchObject({ type: "org.cunshao.export.fetched", data: { file: "package.zip" } });
    expect(fetched.filter(({ data }) => data["file"] === "package.zip")).toHaveLength(1);
  });

  test.each([
    [{ range: "bytes=1-" }],
    [{ range: "bytes=-1000000" }],
    [{ range: "bytes=1-2,3-4" }],
    [{ range: "bytes=5-", "if-range": '"another"' }],
  ])(
    "is not fetched without an entry in the audit by %j, and stands there once in ten minutes",
    async (headers) => {
      const { segments, startMs, clock, ledger, exports, ask, at } = await rig();
      segments.record({ startMs, seconds: 2 });
      const body = { camera: "pond-east", from: at(0), to: at(2), reason: REASON };
      const { id } = (await ask("POST", "/exports", body)).json();
      await until(() => exports.find(id)?.status === "done");
      const fetchIt = async () =>
        (await ask("GET", `/exports/${id}/video.mp4`, undefined, { ...bearer, ...headers })).statusCode;
      const entries = async () =>
        (await ledger.read({ after: 0, limit: 100, class: "audit" })).filter(
          ({ type }) => type === "org.cunshao.export.fetched",
        ).length;
      ledger.failing = true;
      expect(await fetchIt()).toBe(503);
      ledger.failing = false;
      for (let part = 0; part < 3; part++) expect([200, 206]).toContain(await fetchIt());
      expect(await entries()).toBe(1);
      clock.step(10 * 60_000);
      await fetchIt();
      expect(await entries()).toBe(2);
    },
  );

  test("is made once of two orders with one id, one after the other or at the same time", async () => {
    const { segments, startMs, ledger, exports, ask, at } = await rig();
    segments.record({ startMs, seconds: 2 });
    const id = "0123456789abcdef0123456789abcdef";
    const body = { id, camera: "pond-east", from: at(0), to: at(2), reason: REASON };
    const atOnce = await Promise.all([ask("POST", "/exports", body), ask("POST", "/exports", body)]);
    const later = await ask("POST", "/exports", body);
    for (const answer of [...atOnce, later]) {
      expect([answer.statusCode, answer.json().id]).toEqual([202, id]);
    }
    expect(exports.list()).toHaveLength(1);
    expect(await ledger.read({ after: 0, limit: 100, class: "audit" })).toHaveLength(1);
    await until(() => exports.find(id)?.status === "done");
    expect((await ask("GET", `/exports/${id}/manifest.json`)).json().audit.seq).toBe(1);
  });

  test.each(["..", "a".repeat(31), "A".repeat(32)])("is ordered under no id like %s", async (id) => {
    const { segments, startMs, exports, ask, at } = await rig();
    segments.record({ startMs, seconds: 2 });
    const body = { id, camera: "pond-east", from: at(0), to: at(2), reason: REASON };
    expect((await ask("POST", "/exports", body)).json().code).toBe("request.invalid");
    expect(exports.list()).toEqual([]);
  });

  test("is ended and forgotten on DELETE", async () => {
    const { segments, startMs, exports, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: REASON };
    const { id } = (await ask("POST", "/exports", body)).json();
    await until(() => exports.find(id)?.status === "done");
    expect((await ask("DELETE", `/exports/${id}`)).statusCode).toBe(204);
    expect((await ask("GET", `/exports/${id}`)).json().code).toBe("export.unknown");
    expect((await ask("DELETE", `/exports/${id}`)).statusCode).toBe(404);
  });

  test("is not begun where the audit cannot be written, nor without a reason", async () => {
    const { segments, startMs, ledger, exports, ask, at } = await rig();
    segments.record({ startMs, seconds: 10 });
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: REASON };
    expect((await ask("POST", "/exports", { ...body, reason: "?" })).json().code).toBe("request.invalid");
    ledger.failing = true;
    expect((await ask("POST", "/exports", body)).statusCode).toBe(503);
    expect(exports.list()).toEqual([]);
  });

  test.each(["..%2f..%2fkeys%2fexport-key.pem", "export.json", "export-key.pem", "video.mp4%00"])(
    "gives no other file: %s",
    async (file) => {
      const { segments, startMs, exports, ask, at } = await rig();
      segments.record({ startMs, seconds: 2 });
      const body = { camera: "pond-east", from: at(0), to: at(2), reason: REASON };
      const { id } = (await ask("POST", "/exports", body)).json();
      await until(() => exports.find(id)?.status === "done");
      const { statusCode } = await ask("GET", `/exports/${id}/${file}`);
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(statusCode).toBeLessThan(500);
    },
  );

  test("is for those who may take recordings out of the box", async () => {
    const { accounts, logIn, ask, at } = await rig();
    await accounts.save({ username: "watcher", passwordHash: PASSWORD_HASH, role: "technician" });
    const headers = { cookie: await logIn("watcher") };
    const body = { camera: "pond-east", from: at(0), to: at(10), reason: REASON };
    for (const answer of [
      await ask("POST", "/exports", body, headers),
      await ask("GET", "/exports", undefined, headers),
      await ask("POST", "/viewings", body, headers),
      await ask("GET", `/cameras/pond-east/recordings?from=${at(0)}&to=${at(1)}`, undefined, headers),
    ]) {
      expect([answer.statusCode, answer.json().code]).toEqual([403, "access.denied"]);
    }
  });
});

import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createReportDesk } from "../../src/act/report-desk.ts";
import { verifyBox } from "../../src/buffer/verify.ts";
import { systemClock } from "../../src/core/time.ts";
import { jpegSize } from "../../src/drivers/ffmpeg/jpeg-size.ts";
import { createReportMaker } from "../../src/drivers/ffmpeg/report-maker.ts";
import { scratchBuffer, scratchFolder } from "../unit/buffer/scratch.ts";
import { listen, makeServer } from "../unit/panel/panel-fixture.ts";
import { createChildren } from "./camera-rig.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
const PATH = "/alarms/a1/reports/report-01";

function ffmpeg(...words: string[]): Buffer {
  return execFileSync("ffmpeg", ["-v", "error", ...words, "pipe:1"], { maxBuffer: 1e8 });
}

/** Page, API, desk, ffmpeg, ledger and evidence as they are on a box, with the alarm `a1`, over a real connection. */
async function openBox() {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder });
  let count = 0;
  const reports = createReportDesk(
    {
      ...buffer,
      drafts: buffer.reportDrafts,
      maker: createReportMaker(createChildren()),
      clock: systemClock,
      newId: () => String(++count),
    },
    { keepFreeBytes: 0 },
  );
  const { ledger, evidence } = buffer;
  const server = await makeServer(
    systemClock,
    {},
    { reports, ledger: Object.assign(ledger, { failing: false }), evidence },
  );
  onTestFinished(() => server.app.close());
  await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: "a1",
    data: { rule: "pond-bank", severity: "danger" },
  });
  const base = await listen(server);
  const cookie = await server.logIn();
  /** Words as JSON, files as they are. */
  async function put(path: string, body: Uint8Array | object, type = "application/json") {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method: "PUT",
      headers: { cookie, "content-type": type },
      body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  return { dataFolder, buffer, put };
}

describe.skipIf(!hasFfmpeg)(
  "reports from the spot, from the connection to the disk (skipped: ffmpeg is not installed)",
  () => {
    let photo: Buffer;
    let voice: Buffer;
    beforeAll(() => {
      photo = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=2000x1500", "-frames:v", "1", "-f", "mjpeg");
      voice = ffmpeg("-f", "lavfi", "-i", "sine=d=2", "-c:a", "libopus", "-f", "webm");
    });

    test("are evidence that goes upstream and that a check of the box finds whole, and changed where it was changed", async () => {
      const { dataFolder, buffer, put } = await openBox();
      expect((await put(PATH, { text: "人已上岸", photos: 1, hasVoice: true })).status).toBe(200);
      const kept = [await put(`${PATH}/photos/0`, photo), await put(`${PATH}/voice`, voice)];
      expect(kept.map(({ status }) => status)).toEqual([200, 200]);
      const [picture, sound] = kept.map(({ body }) => String(body["sha256"]));
      const stored = await buffer.evidence.find(picture ?? "");
      expect(stored?.mediaType).toBe("image/jpeg");
      expect(jpegSize(readFileSync(stored?.path ?? ""))).toEqual({ width: 1600, height: 1200 });
      expect((await buffer.alarms.get("a1"))?.reports).toMatchObject([
        { by: "admin", text: "人已上岸", files: [{ sha256: picture }, { sha256: sound, kind: "voice" }] },
      ]);
      await buffer.outbox.acknowledge("township", buffer.ledger.head, new Date(0).toISOString());
      const pending = await buffer.evidenceOutbox.pending("township", 0, 10);
      expect(pending.map(({ sha256 }) => sha256)).toEqual([picture, sound]);

      expect(await verifyBox(dataFolder)).toMatchObject({ intact: true, evidence: { files: 2 } });
      appendFileSync(stored?.path ?? "", "x");
      expect((await verifyBox(dataFolder)).intact).toBe(false);
    });

    test("that are not what they say leave nothing behind, and the box goes on", async () => {
      const { dataFolder, buffer, put } = await openBox();
      await put(PATH, { photos: 1, hasVoice: true });
      const bomb = Buffer.from(photo);
      const at = bomb.findIndex((byte, index) => byte === 0xff && bomb[index + 1] === 0xc0);
      bomb.writeUInt32BE(0xea60ea60, at + 5);
      const zip = Buffer.concat([Buffer.from("PK\u0003\u0004", "latin1"), Buffer.alloc(100_000)]);
      const hostile: readonly [string, Uint8Array, string, number, string][] = [
        [
          "photos/0",
          Buffer.from("<html><script>alert(1)</script></html>"),
          "image/jpeg",
          422,
          "report.not_photo",
        ],
        [
          "photos/0",
          Buffer.from('<svg><image href="file:///etc/passwd"/></svg>'),
          "image/jpeg",
          422,
          "report.not_photo",
        ],
        ["photos/0", photo.subarray(0, photo.length / 2), "image/jpeg", 422, "report.not_photo"],
        ["photos/0", bomb, "image/jpeg", 422, "report.too_many_pixels"],
        ["photos/0", zip, "image/jpeg", 422, "report.not_photo"],
        ["photos/0", Buffer.alloc(0), "image/jpeg", 422, "report.not_photo"],
        ["photos/0", Buffer.alloc(9_000_000, 255), "image/jpeg", 413, "report.too_large"],
        ["photos/1", photo, "image/jpeg", 409, "report.not_announced"],
        ["voice", photo, "audio/webm", 422, "report.not_voice"],
        ["voice", zip, "audio/webm", 422, "report.not_voice"],
        [
          "voice",
          Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"),
          "audio/webm",
          422,
          "report.not_voice",
        ],
        [
          "voice",
          ffmpeg("-f", "lavfi", "-i", "sine=d=90", "-c:a", "libopus", "-f", "webm"),
          "audio/webm",
          422,
          "report.voice_too_long",
        ],
      ];
      for (const [file, bytes, type, status, code] of hostile) {
        // A refusal while it still comes in may close the line before its answer is read.
        const answer = await put(`${PATH}/${file}`, bytes, type).catch(() => undefined);
        if (answer) expect([answer.status, answer.body["code"]]).toEqual([status, code]);
        else expect(code).toBe("report.too_large");
      }
      expect(readdirSync(join(dataFolder, "reports"))).toEqual([]);
      expect(await verifyBox(dataFolder)).toMatchObject({ intact: true, evidence: { files: 0 } });
      expect((await put(`${PATH}/photos/0`, photo)).status).toBe(200);
      expect((await buffer.alarms.get("a1"))?.reports?.[0]?.files).toHaveLength(1);
    });

    test("sent twice at once are there once", async () => {
      const { buffer, put } = await openBox();
      await Promise.all([put(PATH, { photos: 1 }), put(PATH, { photos: 1 })]);
      const both = await Promise.all([put(`${PATH}/photos/0`, photo), put(`${PATH}/photos/0`, photo)]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      const events = await buffer.ledger.read({ after: 0, limit: 100, class: "alarm" });
      expect(events.map(({ type }) => type.replace("org.cunshao.", ""))).toEqual([
        "alarm.raised",
        "alarm.reported",
        "evidence.added",
      ]);
    });

    test("what a crash left of one that came in is gone at the next start", async () => {
      const dataFolder = await scratchFolder();
      mkdirSync(join(dataFolder, "reports"));
      writeFileSync(join(dataFolder, "reports", "1.upload"), "half");
      await scratchBuffer({ dataFolder });
      expect(existsSync(join(dataFolder, "reports"))).toBe(false);
    });
  },
);

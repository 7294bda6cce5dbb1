import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ExportFile, ExportOrder, ExportState } from "../../../src/core/footage.ts";
import { openExportKey } from "../../../src/video/export-key.ts";
import { createFootageRig } from "../../support/footage-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { probe } from "../../support/probe.ts";
import { until } from "../../support/until.ts";

const START_MS = Date.parse("2026-07-01T06:00:00Z");
const AUDIT = { id: "ledger1-7", seq: 7 };

function order(fromSeconds: number, toSeconds: number): ExportOrder {
  return {
    camera: "pond-east",
    fromMs: START_MS + fromSeconds * 1000,
    toMs: START_MS + toSeconds * 1000,
    reason: "村东头丢了孩子",
    by: { name: "liu", role: "operator" },
  };
}

async function rig(more: Parameters<typeof createFootageRig>[1] = {}) {
  const clock = createManualClock(START_MS + 3_600_000);
  const footage = await createFootageRig(clock, more);
  const { exports } = footage;
  return {
    ...footage,
    clock,
    async made(wanted: ExportOrder): Promise<ExportState> {
      await exports.weigh(wanted);
      const { id } = exports.begin(wanted, AUDIT);
      return until(() => {
        const state = exports.find(id);
        return state && !["waiting", "running"].includes(state.status) ? state : undefined;
      });
    },
  };
}

async function bytesOf(file: ExportFile, start = 0, end = file.sizeBytes - 1): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.read(start, end)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("an export", () => {
  test("is one package that a third party unpacks and checks with openssl alone", async () => {
    const { segments, exports, made } = await rig();
    segments.record({ startMs: START_MS, seconds: 10 });
    segments.record({ startMs: START_MS + 30_000, seconds: 10, clock: "unsynced" });
    const state = await made(order(4.5, 35));
    expect(state).toMatchObject({ status: "done", progress: 1 });

    const folder = mkdtempSync(join(tmpdir(), "stick-"));
    const file = await exports.file(state.id, "package.zip");
    const bytes = await bytesOf(file);
    expect(bytes).toHaveLength(file.sizeBytes);
    writeFileSync(join(folder, "package.zip"), bytes);
    const run = (command: string, ...words: string[]) =>
      execFileSync(command, words, { cwd: folder, encoding: "utf8" });
    run("unzip", "-q", "package.zip");
    expect(readdirSync(folder).sort()).toEqual([
      "README.txt",
      "box.pub",
      "certificate.pem",
      "manifest.json",
      "manifest.sig",
      "package.zip",
      "video.mp4",
    ]);

    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    expect(run("openssl", "dgst", "-sha256", "video.mp4")).toContain(manifest.videos[0].sha256);
    const verify = ["dgst", "-sha256", "-verify", "box.pub", "-signature", "manifest.sig", "manifest.json"];
    expect(run("openssl", ...verify)).toContain("Verified OK");
    expect(run("openssl", "x509", "-in", "certificate.pem", "-pubkey", "-noout")).toBe(
      readFileSync(join(folder, "box.pub"), "utf8"),
    );
    expect(
      run("openssl", "x509", "-in", "certificate.pem", "-fingerprint", "-sha256", "-noout")
        .replaceAll(":", "")
        .toLowerCase(),
    ).toContain(exports.certificateSha256);
    const readme = readFileSync(join(folder, "README.txt"), "utf8");
    expect(readme).toContain(`openssl ${verify.join(" ")}`);

    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...manifest, made: "somebody else" }));
    expect(spawnSync("openssl", verify, { cwd: folder }).status).not.toBe(0);
  });

  test("says what it really holds: the times in it, the gap, the clock, by whom and why", async () => {
    const { segments, exports, made, folder } = await rig();
    segments.record({ startMs: START_MS, seconds: 10 });
    segments.record({ startMs: START_MS + 30_000, seconds: 10, clock: "unsynced" });
    const { id } = await made(order(4.5, 35));
    const manifest = JSON.parse((await bytesOf(await exports.file(id, "manifest.json"))).toString());
    expect(manifest).toMatchObject({
      site: { id: "430281-longwan", name: "龙湾村" },
      camera: { id: "pond-east", name: "东塘" },
      clock: "unsynced",
      made: { by: { name: "liu", role: "operator" }, reason: "村东头丢了孩子" },
      software: "cunshao 1.2.3",
      audit: AUDIT,
    });
    expect(manifest.requested.fromLocal).toMatch(/^2026-07-01 14:00:04/);
    const { contains, sha256, sizeBytes } = manifest.videos[0];
    expect(contains).toMatchObject([
      { atSeconds: 0, from: "2026-07-01T06:00:04.000Z", to: "2026-07-01T06:00:10.000Z" },
      { atSeconds: 6, from: "2026-07-01T06:00:30.000Z", to: "2026-07-01T06:00:35.000Z" },
    ]);
    const path = join(folder, "exports", id, "video.mp4");
    expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(sha256);
    expect(statSync(path).size).toBe(sizeBytes);
    const video = probe(path);
    expect(video).toMatchObject({ complaints: "", beginsWithKeyFrame: true, frames: 110 });
    expect(video.seconds).toBeCloseTo(11, 1);
  });

  test("is in several videos where the camera changed its picture", async () => {
    const { segments, exports, made, folder } = await rig();
    segments.record({ startMs: START_MS, seconds: 4 });
    segments.record({ startMs: START_MS + 4000, seconds: 4, size: "192x108" });
    const { id, videos } = await made(order(0, 10));
    expect(videos.map(({ file }) => file)).toEqual(["video.mp4", "video-2.mp4"]);
    for (const [index, width] of [160, 192].entries()) {
      const file = videos[index]?.file ?? "";
      expect(probe(join(folder, "exports", id, file))).toMatchObject({ width, frames: 40, complaints: "" });
    }
    expect((await exports.file(id, "package.zip")).sizeBytes).toBeGreaterThan(0);
  });

  test("gives any part of its package, as a download that goes on does", async () => {
    const { segments, exports, made } = await rig();
    segments.record({ startMs: START_MS, seconds: 2 });
    const { id } = await made(order(0, 2));
    const file = await exports.file(id, "package.zip");
    const whole = await bytesOf(file);
    for (const [start, end] of [
      [0, 0],
      [20, 5000],
      [whole.length - 30, whole.length - 1],
    ] as const) {
      expect(await bytesOf(file, start, end)).toEqual(whole.subarray(start, end + 1));
    }
  });

  test("is there after a restart for as long as after its making, what was half done is removed", async () => {
    const first = await rig();
    first.segments.record({ startMs: START_MS, seconds: 2 });
    const { id } = await first.made(order(0, 2));
    await first.exports.stop();
    mkdirSync(join(first.folder, "exports", "half"));
    writeFileSync(join(first.folder, "exports", "half", "video.mp4"), "half");

    const { exports, clock } = await rig({ folder: first.folder });
    expect(exports.list()).toMatchObject([{ id, status: "done" }]);
    expect(readdirSync(join(first.folder, "exports"))).toEqual([id]);
    await clock.advance(24 * 3_600_000);
    await until(() => readdirSync(join(first.folder, "exports")).length === 0);
    expect(exports.list()).toEqual([]);
    await expect(exports.file(id, "package.zip")).rejects.toMatchObject({ code: "export.unknown" });
  });

  test("can be ended while it waits or runs, and leaves nothing", async () => {
    const { segments, exports, folder } = await rig();
    segments.record({ startMs: START_MS, seconds: 100 });
    const running = exports.begin(order(0, 100), AUDIT);
    const waiting = exports.begin(order(0, 100), AUDIT);
    expect(await exports.cancel(waiting.id)).toBe(true);
    expect(await exports.cancel(running.id)).toBe(true);
    await until(() => exports.list().every(({ status }) => status === "cancelled"));
    expect(readdirSync(join(folder, "exports"))).toEqual([]);
    expect(await exports.cancel("unknown")).toBe(false);
  });

  test("that cannot be put together fails with a code, and the next one is made", async () => {
    const { segments, exports, made, folder } = await rig();
    segments.record({ startMs: START_MS, seconds: 2 });
    writeFileSync(segments.record({ startMs: START_MS + 60_000, seconds: 2 }).path, "damaged");
    const failed = await made(order(59, 62));
    expect(failed).toMatchObject({ status: "failed", failure: "recordings.none" });
    expect(readdirSync(join(folder, "exports"))).toEqual([]);
    await expect(exports.file(failed.id, "video.mp4")).rejects.toMatchObject({ code: "export.not_ready" });
    expect(await made(order(0, 2))).toMatchObject({ status: "done" });
  });
});

describe("an order for an export is refused", () => {
  test.each([
    ["of an unknown camera", { ...order(0, 2), camera: "nowhere" }, "camera.unknown"],
    ["that ends before it begins", order(2, 0), "recordings.bad_range"],
    ["of more than six hours", order(0, 6 * 3600 + 1), "recordings.too_long"],
    ["of a million years", order(0, 3.15e13), "recordings.too_long"],
    ["of a time that has not come", order(7200, 7210), "recordings.future"],
    ["of a time with nothing recorded", order(600, 610), "recordings.none"],
  ])("%s", async (_what, wanted, code) => {
    const { segments, exports } = await rig();
    segments.record({ startMs: START_MS, seconds: 2 });
    await expect(exports.weigh(wanted)).rejects.toMatchObject({ code });
  });

  test("that no stick would take, or this disk not", async () => {
    const { segments, exports } = await rig();
    const segment = segments.record({ startMs: START_MS, seconds: 2 });
    segments.segments[0] = { ...segment, sizeBytes: 5_000_000_000 };
    await expect(exports.weigh(order(0, 2))).rejects.toMatchObject({ code: "export.too_large" });
    await expect(exports.weigh(order(0, 1))).resolves.toBeUndefined();
  });

  test("while five others wait", async () => {
    const { segments, exports } = await rig();
    segments.record({ startMs: START_MS, seconds: 100 });
    for (let each = 0; each < 5; each++) exports.begin(order(0, 100), AUDIT);
    await expect(exports.weigh(order(0, 2))).rejects.toMatchObject({ code: "export.busy" });
    for (const { id } of exports.list()) await exports.cancel(id);
  });
});

describe("the box's key for exports", () => {
  test("is made once, and only the gateway can read it", async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "key-")), "keys");
    const made = await openExportKey(folder, "site");
    expect((await openExportKey(folder, "site")).fingerprint).toBe(made.fingerprint);
    expect(statSync(join(folder, "export-key.pem")).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("that is damaged stops the start with a clear code rather than being replaced", async () => {
    const folder = mkdtempSync(join(tmpdir(), "key-"));
    await openExportKey(folder, "site");
    writeFileSync(join(folder, "export-certificate.pem"), "damaged");
    await expect(openExportKey(folder, "site")).rejects.toMatchObject({ code: "export.key" });
  });
});

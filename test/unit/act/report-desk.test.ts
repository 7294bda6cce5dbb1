import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createReportDesk } from "../../../src/act/report-desk.ts";
import { createUploadDrafts } from "../../../src/buffer/upload-drafts.ts";
import { LARGEST_REPORT_FILE_BYTES, type ReportWords } from "../../../src/core/report.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { simpleReportMaker } from "../../support/reports-double.ts";
import { until } from "../../support/until.ts";
import { scratchBuffer } from "../buffer/scratch.ts";

const LIU = { kind: "person", name: "刘网格员" } as const;
const WANG = { kind: "person", name: "王干部" } as const;
const WORDS: ReportWords = { id: "report-1", text: "人已上岸", photos: 2, hasVoice: true };
const DAY_MS = 86_400_000;

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const sumOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The desk on a real buffer with the alarms `pond` and `dam`. */
async function openDesk(freeBytes?: number) {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-drafts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const buffer = await scratchBuffer();
  const clock = createManualClock();
  for (const subject of ["pond", "dam"]) {
    await buffer.ledger.append({
      type: "org.cunshao.alarm.raised",
      class: "alarm",
      subject,
      data: { rule: "pond-bank", severity: "danger" },
    });
  }
  let count = 0;
  const drafts = createUploadDrafts(folder, "report");
  const desk = createReportDesk(
    {
      ...buffer,
      drafts: freeBytes === undefined ? drafts : { ...drafts, freeBytes: async () => freeBytes },
      maker: simpleReportMaker,
      clock,
      newId: () => String(++count),
    },
    { keepFreeBytes: 1000 },
  );
  const events = async (type: string) => {
    const all = await buffer.ledger.read({ after: 0, limit: 1000 });
    return all.filter((event) => event.type === `org.cunshao.${type}`);
  };
  return { desk, buffer, clock, events, leftovers: () => readdirSync(folder) };
}

let rig: Awaited<ReturnType<typeof openDesk>>;
beforeEach(async () => {
  rig = await openDesk();
});

describe("a report from the spot", () => {
  test("is an event at once, and its files are evidence of the alarm as they come", async () => {
    const { desk, buffer, events, leftovers } = rig;
    const place = { latitude: 27.61, longitude: 113.52, accuracyMeters: 12 };
    const told = await desk.tell("pond", { ...WORDS, place }, LIU);
    expect((await buffer.alarms.get("pond"))?.reports).toEqual([told]);
    const photo = await desk.attach(
      "pond",
      "report-1",
      { kind: "photo", number: 1 },
      bytes("pic", "ture"),
      LIU,
    );
    const voice = await desk.attach("pond", "report-1", { kind: "voice", number: 0 }, bytes("voice"), LIU);
    expect((await buffer.alarms.get("pond"))?.reports).toEqual([{ ...told, files: [photo, voice] }]);

    const [reported] = await events("alarm.reported");
    expect(reported).toMatchObject({
      class: "alarm",
      subject: "pond",
      data: { report: "report-1", by: LIU, text: "人已上岸", place, photos: 2, hasVoice: true },
    });
    expect(
      (await events("evidence.added")).map(({ class: kind, subject, data }) => [kind, subject, data]),
    ).toEqual([
      [
        "alarm",
        "pond",
        {
          ...{ report: "report-1", by: LIU, kind: "photo", number: 1, mediaType: "image/jpeg", sizeBytes: 7 },
          ...{ sha256: sumOf("picture"), sentSha256: sumOf("picture") },
        },
      ],
      [
        "alarm",
        "pond",
        {
          ...{ report: "report-1", by: LIU, kind: "voice", number: 0, mediaType: "audio/mp4", sizeBytes: 5 },
          ...{ sha256: sumOf("voice"), sentSha256: sumOf("voice"), durationMs: 1000 },
        },
      ],
    ]);
    expect(await buffer.evidence.find(sumOf("picture"))).toMatchObject({ mediaType: "image/jpeg" });
    expect(leftovers()).toEqual([]);
  });

  test("that is sent twice is there once, also when both come at once", async () => {
    const { desk, events } = rig;
    const told = await Promise.all([desk.tell("pond", WORDS, LIU), desk.tell("pond", { ...WORDS }, LIU)]);
    expect(told[0]).toEqual(told[1]);
    const file = { kind: "photo", number: 0 } as const;
    const kept = await Promise.all([
      desk.attach("pond", "report-1", file, bytes("picture"), LIU),
      desk.attach("pond", "report-1", file, bytes("picture"), LIU),
    ]);
    expect(kept[0]).toEqual(kept[1]);
    expect(await desk.attach("pond", "report-1", file, bytes("picture"), LIU)).toEqual(kept[0]);
    expect([(await events("alarm.reported")).length, (await events("evidence.added")).length]).toEqual([
      1, 1,
    ]);
  });

  test("does not take the place of another", async () => {
    const { desk } = rig;
    await desk.tell("pond", WORDS, LIU);
    const reused = { code: "report.id_reused", kind: "permanent" };
    await expect(desk.tell("pond", { ...WORDS, text: "没人" }, LIU)).rejects.toMatchObject(reused);
    await expect(desk.tell("pond", WORDS, WANG)).rejects.toMatchObject(reused);
    const file = { kind: "photo", number: 0 } as const;
    await desk.attach("pond", "report-1", file, bytes("one"), LIU);
    await expect(desk.attach("pond", "report-1", file, bytes("two"), LIU)).rejects.toMatchObject(reused);
  });

  test.each([
    ["of an alarm that is none", "none", "report-1", { kind: "photo", number: 0 }, LIU, "alarm.unknown"],
    ["of another alarm", "dam", "report-1", { kind: "photo", number: 0 }, LIU, "report.unknown"],
    ["of no report", "pond", "report-2", { kind: "photo", number: 0 }, LIU, "report.unknown"],
    ["of somebody else's report", "pond", "report-1", { kind: "photo", number: 0 }, WANG, "report.unknown"],
    ["that was not announced", "pond", "report-1", { kind: "photo", number: 2 }, LIU, "report.not_announced"],
  ] as const)("takes no file %s, and does not read it", async (_what, alarm, report, file, by, code) => {
    const { desk, events } = rig;
    await desk.tell("pond", WORDS, LIU);
    const unread = bytes("picture");
    await expect(desk.attach(alarm, report, file, unread, by)).rejects.toMatchObject({ code });
    expect(await unread.next()).toMatchObject({ done: false });
    expect(await events("evidence.added")).toEqual([]);
  });

  test.each<[string, () => AsyncIterable<Uint8Array>, string]>([
    ["is no picture", () => bytes("bad"), "report.not_photo"],
    [
      "is too large",
      async function* () {
        yield Buffer.alloc(LARGEST_REPORT_FILE_BYTES);
        yield Buffer.from("x");
      },
      "report.too_large",
    ],
    [
      "breaks off",
      async function* () {
        yield Buffer.from("half");
        throw new Error("aborted");
      },
      "report.cut_off",
    ],
  ])("keeps nothing of a file that %s, and takes it when it is sent again", async (_what, content, code) => {
    const { desk, events, leftovers } = rig;
    await desk.tell("pond", WORDS, LIU);
    const file = { kind: "photo", number: 0 } as const;
    await expect(desk.attach("pond", "report-1", file, content(), LIU)).rejects.toMatchObject({ code });
    expect([await events("evidence.added"), leftovers()]).toEqual([[], []]);
    await desk.attach("pond", "report-1", file, bytes("picture"), LIU);
    expect(await events("evidence.added")).toHaveLength(1);
  });

  test("may be of an alarm that is over", async () => {
    const { desk, buffer } = rig;
    await buffer.ledger.append({
      type: "org.cunshao.alarm.cleared",
      class: "alarm",
      subject: "pond",
      data: {},
    });
    await desk.tell("pond", WORDS, LIU);
    expect((await buffer.alarms.get("pond"))?.reports).toHaveLength(1);
  });

  test("is one of twenty of an alarm at most", async () => {
    const { desk } = rig;
    const words = { text: "x", photos: 0, hasVoice: false };
    for (let count = 1; count <= 20; count++)
      await desk.tell("pond", { ...words, id: `report-${count}` }, LIU);
    await expect(desk.tell("pond", { ...words, id: "more" }, WANG)).rejects.toMatchObject({
      code: "report.too_many",
    });
    // Sent again it is none more.
    await desk.tell("pond", { ...words, id: "report-20" }, LIU);
    await desk.tell("dam", { ...words, id: "more" }, LIU);
  });
});

test("nobody reports more than a hundred times in a day, and each has days of their own", async () => {
  const { desk, buffer, clock } = rig;
  const report = (number: number, by: typeof LIU | typeof WANG) => {
    const words = { id: `report-${number}`, text: "x", photos: 0, hasVoice: false };
    return desk.tell(`alarm-${number % 6}`, words, by);
  };
  for (let alarm = 0; alarm < 6; alarm++) {
    const data = { rule: "pond-bank", severity: "danger" };
    await buffer.ledger.append({
      type: "org.cunshao.alarm.raised",
      class: "alarm",
      subject: `alarm-${alarm}`,
      data,
    });
  }
  for (let number = 0; number < 100; number++) await report(number, LIU);
  await expect(report(100, LIU)).rejects.toMatchObject({ code: "report.too_many_today" });
  await report(101, WANG);
  await clock.advance(DAY_MS);
  await report(102, LIU);
});

test("where the disk is nearly full words still get through, and files are to come again", async () => {
  const { desk } = await openDesk(2 * LARGEST_REPORT_FILE_BYTES + 999);
  await desk.tell("pond", WORDS, LIU);
  const coming = desk.attach("pond", "report-1", { kind: "photo", number: 0 }, bytes("picture"), LIU);
  await expect(coming).rejects.toMatchObject({ code: "report.full", kind: "transient" });
});

test("a fifth file at once is asked to come again", async () => {
  const { desk } = rig;
  await desk.tell("pond", { ...WORDS, photos: 4 }, LIU);
  let goOn: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let begun = 0;
  async function* slow(text: string): AsyncGenerator<Uint8Array> {
    begun++;
    await gate;
    yield Buffer.from(text);
  }
  const four = [0, 1, 2, 3].map((number) =>
    desk.attach("pond", "report-1", { kind: "photo", number }, slow(`picture ${number}`), LIU),
  );
  await until(() => begun === 4);
  const fifth = desk.attach("pond", "report-1", { kind: "voice", number: 0 }, bytes("voice"), LIU);
  await expect(fifth).rejects.toMatchObject({ code: "report.busy", kind: "transient" });
  goOn();
  await Promise.all(four);
  await desk.attach("pond", "report-1", { kind: "voice", number: 0 }, bytes("voice"), LIU);
});

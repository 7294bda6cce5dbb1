import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Misbehaviour } from "../../hw/virtual/fleet/fleet.ts";
import type { VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { verifyCopy } from "../../src/buffer/verify-copy.ts";
import { fill, raiseIn, startOverVirtual, tellIn } from "../support/desk-over-virtual.ts";
import { until } from "../support/until.ts";

// What a township's desk makes of the copy that it keeps of its villages.

describe("an alarm that is open", () => {
  test("stands in the queue also when the desk was switched off, however many came and went since", async () => {
    const desk = await startOverVirtual((box) => {
      raiseIn(box, "old");
      tellIn(box, "acknowledged", "old");
      for (let index = 0; index < 2600; index++) {
        raiseIn(box, `of-${index}`);
        tellIn(box, "cleared", `of-${index}`);
      }
    });
    const all = desk.box.events.length;
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === all, {
      timeoutMs: 30_000,
      what: "all events",
    });
    await desk.restart();
    const { alarms, boxes } = await desk.state();
    expect(boxes).toMatchObject([{ openAlarms: 1, waitingAlarms: 0 }]);
    expect(alarms[0]).toMatchObject({ id: "old", status: "acknowledged", acknowledgedBy: "lishi", seq: 1 });
  });
});

describe("a box that says one thing ahead and another in its place", () => {
  /** Asked for alarms alone it tells of others than its ledger has. */
  function lying(source: () => VirtualBox | undefined): Misbehaviour {
    return (request, path, response) => {
      const query = new URL(request.url ?? "", "http://fleet").searchParams;
      const box = source();
      if (!box || !path.endsWith("/events") || query.get("class") !== "alarm") return false;
      const after = Number(query.get("after"));
      const alarms = box.events.filter((event) => event.class === "alarm" && event.seq > after);
      response.writeHead(200, {
        "content-type": "application/cloudevents-batch+json",
        "cunshao-ledger": box.ledger,
        "cunshao-head": String(box.events.length),
      });
      response.end(JSON.stringify(alarms.map((event) => ({ ...event, subject: `not-${event.subject}` }))));
      return true;
    };
  }

  test("is told of, and the queue and the copy have what its ledger has", async () => {
    let source: VirtualBox | undefined;
    const desk = await startOverVirtual(
      (box) => {
        source = box;
        fill(box, 900);
        raiseIn(box, "a1");
        fill(box, 900);
      },
      lying(() => source),
    );
    const isRight = async () => {
      const { alarms, boxes } = await desk.state();
      const isWhole = boxes[0]?.ledger?.seq === 1801;
      return isWhole && alarms.length === 1 && alarms[0]?.id === "a1" ? boxes[0] : undefined;
    };
    const box = await until(isRight, { timeoutMs: 30_000, what: "the alarm that it has, and no other" });
    expect(box).toMatchObject({ openAlarms: 1, ledger: { differed: 1, broken: 0, missing: 0 } });
    await desk.restart();
    expect((await desk.state()).alarms).toMatchObject([{ id: "a1" }]);
    expect(await verifyCopy(join(desk.folder, "pulled/pulled.sqlite"))).toMatchObject({
      intact: false,
      ledgers: [{ events: 1801, differed: 1 }],
    });
  });
});

describe("clips that the desk's token may not have", () => {
  test("are counted, and come once it may", async () => {
    let mayReplay = false;
    const desk = await startOverVirtual(
      (box) => {
        for (const value of [1, 2, 3]) box.addFile(Buffer.alloc(1000, value), "video/mp4");
      },
      (_request, path, response) => {
        if (mayReplay || !path.includes("/evidence/")) return false;
        response.writeHead(403, { "content-type": "application/problem+json" });
        response.end(JSON.stringify({ code: "access.denied", title: "not allowed", status: 403 }));
        return true;
      },
    );
    const withFiles = (part: { readonly bytes: number; readonly denied: number }) =>
      until(
        async () => {
          const { bytes, denied } = (await desk.state()).boxes[0]?.files ?? {};
          return bytes === part.bytes && denied === part.denied;
        },
        { timeoutMs: 30_000, what: `files with ${JSON.stringify(part)}` },
      );
    const asked = () => desk.fleet.calls.filter((call) => call.includes("/evidence/")).length;
    await withFiles({ bytes: 0, denied: 3 });
    const before = asked();
    await desk.restart();
    await until(() => asked() === before + 1, { what: "one that is asked for again" });
    await withFiles({ bytes: 0, denied: 3 });
    mayReplay = true;
    await desk.restart();
    await withFiles({ bytes: 3000, denied: 0 });
  });
});

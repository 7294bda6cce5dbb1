import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Ledger, LedgerEvent } from "../../../src/core/event.ts";
import type { Rule } from "../../../src/core/site.ts";
import { createRulesDouble, type RulesOf } from "../../support/rules-double.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { createVillageDouble } from "../../support/village-double.ts";

const LI = { kind: "person", name: "李会计" } as const;
const WANG = { kind: "person", name: "王主任" } as const;
const WORDS = { text: "水边危险，请速离开", repeat: 2, volume: 80 };

function createRig(of: RulesOf = {}, ledgerOf?: Pick<Ledger, "append">) {
  const clock = createSteppedClock();
  const ledger = createLedgerDouble(clock);
  const village = createVillageDouble(clock);
  const desk = createRulesDouble({ ledger: ledgerOf ?? ledger, village }, of);
  const changes: Rule[] = [];
  desk.changes.on((rule) => changes.push(rule));
  const events = async (): Promise<LedgerEvent[]> => ledger.read({ after: 0, limit: 100 });
  return { desk, changes, events, view: (id: string) => desk.list().find((one) => one.id === id) };
}

describe("a rule that is changed on the page", () => {
  test("acts so at once, by the name of whoever did it, and is an event of the audit", async () => {
    const { desk, changes, events, view } = createRig();
    expect(view("pond-bank")).toMatchObject({ version: 0, fixed: [] });
    const changed = await desk.edit("pond-bank", 0, { dwellSeconds: 8 }, LI);
    expect(changed).toMatchObject({
      when: { dwellSeconds: 8 },
      changed: { by: "李会计", state: "edited" },
      say: [WORDS],
    });
    expect(view("pond-bank")).toEqual(changed);
    expect(desk.rules()[0]?.when).toEqual(changes[0]?.when);
    expect(await events()).toMatchObject([
      {
        type: "org.cunshao.rule.edited",
        class: "audit",
        subject: "pond-bank",
        seq: changed.version,
        data: { rule: "pond-bank", changed: ["dwellSeconds"], edit: { dwellSeconds: 8 }, by: LI },
      },
    ]);
  });

  test("keeps what was changed before, and goes back to the configuration as a whole", async () => {
    const { desk, events } = createRig();
    const { version } = await desk.edit("pond-bank", 0, { dwellSeconds: 8 }, LI);
    const both = await desk.edit("pond-bank", version, { severity: "danger" }, WANG);
    expect(both).toMatchObject({ when: { dwellSeconds: 8 }, alarm: { severity: "danger" } });
    const back = await desk.restore("pond-bank", LI);
    expect(back).toMatchObject({
      when: { dwellSeconds: 0 },
      alarm: { severity: "warning" },
      changed: { by: "李会计", state: "restored" },
    });
    expect(await desk.restore("pond-bank", WANG)).toEqual(back);
    expect((await events()).map(({ type }) => type.split(".").at(-1))).toEqual([
      "edited",
      "edited",
      "restored",
    ]);
  });

  test("is not changed over somebody else's change, whoever came at the same time", async () => {
    const { desk, view } = createRig();
    const both = await Promise.allSettled([
      desk.edit("pond-bank", 0, { dwellSeconds: 8 }, LI),
      desk.edit("pond-bank", 0, { dwellSeconds: 20 }, WANG),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(both[1]).toMatchObject({
      reason: { code: "rule.changed", message: expect.stringContaining("李会计") },
    });
    expect(view("pond-bank")).toMatchObject({ when: { dwellSeconds: 8 } });
  });

  test("is another version once it was put back: an old window does not save over that", async () => {
    const { desk } = createRig();
    const { version } = await desk.edit("pond-bank", 0, { dwellSeconds: 8 }, LI);
    await desk.restore("pond-bank", WANG);
    for (const old of [0, version]) {
      await expect(desk.edit("pond-bank", old, { dwellSeconds: 9 }, LI)).rejects.toMatchObject({
        code: "rule.changed",
      });
    }
  });

  test("stays as it was when the disk takes nothing", async () => {
    const full = new GatewayError("full", { code: "ledger.full", kind: "transient" });
    const { desk, changes, view } = createRig({}, { append: () => Promise.reject(full) });
    await expect(desk.edit("pond-bank", 0, { dwellSeconds: 8 }, LI)).rejects.toBe(full);
    expect([view("pond-bank")?.version, changes]).toEqual([0, []]);
  });
});

describe("after a restart", () => {
  const carried = { rule: "pond-bank", version: 41, at: "2026-07-01T06:00:00.000Z", by: LI };

  test("what was changed still holds", () => {
    const { desk, view } = createRig({ last: [{ ...carried, edit: { dwellSeconds: 8 } }] });
    expect(view("pond-bank")).toMatchObject({
      when: { dwellSeconds: 8 },
      version: 41,
      changed: { by: "李会计", at: carried.at, state: "edited" },
    });
    expect(desk.health().status).toBe("ok");
  });

  test("what does not fit the configuration any more is left out and said, until somebody sees to it", async () => {
    const { desk, view } = createRig({
      last: [{ ...carried, edit: { dwellSeconds: 8, say: [WORDS, WORDS] } }],
    });
    expect(view("pond-bank")).toMatchObject({
      when: { dwellSeconds: 0 },
      version: 41,
      changed: { state: "left-out" },
    });
    expect(desk.health()).toMatchObject({ status: "degraded", reason: "rule.left_out" });
    const { version } = await desk.edit("pond-bank", 41, { severity: "notice" }, WANG);
    expect(view("pond-bank")).toMatchObject({ when: { dwellSeconds: 0 }, alarm: { severity: "notice" } });
    expect(version).not.toBe(41);
    expect(desk.health().status).toBe("ok");
  });

  test("what was changed of a rule that is gone changes nothing", () => {
    const { desk } = createRig({ last: [{ ...carried, rule: "gone", edit: { dwellSeconds: 8 } }] });
    expect(desk.list().map(({ id, version }) => [id, version])).toEqual([
      ["pond-bank", 0],
      ["pond-high", 0],
      ["sos", 0],
    ]);
  });
});

describe("words of a rule", () => {
  const say = (change: object) => ({ say: [{ ...WORDS, ...change }] });

  test.each([
    [{ text: "<script>alert(1)</script>" }, "broadcast.text_markup"],
    [{ text: "水边\u202e危险" }, "broadcast.text_control"],
    [{ text: "龘" }, "speech.script"],
  ])("with %o are refused as nothing that can be said", async (change, code) => {
    const { desk, events } = createRig();
    await expect(desk.edit("pond-bank", 0, say(change), LI)).rejects.toMatchObject({ code });
    expect(await events()).toEqual([]);
  });

  test("are no louder than their speakers ever are, and no oftener than words are said", async () => {
    const cap = { fromMinute: 0, toMinute: 1440, volume: 85, classes: ["rule"] as const };
    const night = { ...cap, fromMinute: 1320, toMinute: 360, volume: 40 };
    const elsewhere = { ...cap, volume: 10, speakers: ["office"] };
    const { desk, view } = createRig({ limits: { loudest: [cap, night, elsewhere], mostRepeats: 4 } });
    expect(view("pond-bank")?.most).toEqual({ say: [85], escalate: [85], repeat: 4 });
    await expect(desk.edit("pond-bank", 0, say({ volume: 86 }), LI)).rejects.toMatchObject({
      code: "rule.too_loud",
    });
    await expect(desk.edit("pond-bank", 0, say({ repeat: 5 }), LI)).rejects.toMatchObject({
      code: "rule.too_often",
    });
    // The step is louder than that by configuration: the guards hold it, and nobody's change fails for it.
    expect(await desk.edit("pond-bank", 0, say({ volume: 85, repeat: 4 }), LI)).toMatchObject({
      say: [{ volume: 85, repeat: 4 }],
    });
  });
});

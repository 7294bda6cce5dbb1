import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTownshipBook } from "../../../src/buffer/copies/township-book.ts";
import type { KeptAct } from "../../../src/core/township-desk.ts";
import { scratchFolder } from "./scratch.ts";

const act = (id: string, box = "longwan"): KeptAct => ({
  ...{
    id,
    box,
    alarm: "a1",
    kind: "note",
    person: "wang",
    text: "派出所已出发",
    at: "2026-07-01T06:00:00.000Z",
  },
});

describe("the book of a township's desk", () => {
  test("knows after a power cut which acts were about to be sent", async () => {
    const path = join(await scratchFolder(), "township.sqlite");
    const book = await openTownshipBook(path);
    for (const id of ["sent", "waits"]) await book.keep(act(id));
    await book.sending("sent");
    await book.close();
    const again = await openTownshipBook(path);
    expect(await again.keptActs()).toEqual([{ ...act("sent"), isSent: true }, act("waits")]);
    await again.close();
  });

  test("keeps of the acts that one box refused the newest, and of another box all the same", async () => {
    const book = await openTownshipBook(join(await scratchFolder(), "township.sqlite"));
    const refuse = async (one: KeptAct) => {
      await book.keep(one);
      await book.settleRefused({ ...one, code: "alarm.too_many_notes" }, 2);
    };
    await refuse(act("elsewhere", "taohua"));
    for (const id of ["first", "second", "third"]) await refuse(act(id));
    const ids = async () => (await book.refusedActs()).map(({ id }) => id);
    expect(await ids()).toEqual(["elsewhere", "second", "third"]);
    expect(await book.keptActs()).toEqual([]);
    await book.putAway("second");
    expect(await ids()).toEqual(["elsewhere", "third"]);
    await book.close();
  });
});

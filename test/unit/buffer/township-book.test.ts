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

  test("keeps what boxes refused until it is put away, or let go for a newer one", async () => {
    const book = await openTownshipBook(join(await scratchFolder(), "township.sqlite"));
    const refuse = async (one: KeptAct, letGo: readonly string[] = []) => {
      await book.keep(one);
      await book.settleRefused({ ...one, code: "alarm.too_many_notes" }, letGo);
    };
    await refuse(act("elsewhere", "taohua"));
    for (const id of ["first", "second"]) await refuse(act(id));
    await refuse(act("third"), ["first"]);
    const ids = async () => (await book.refusedActs()).map(({ id }) => id);
    expect(await ids()).toEqual(["elsewhere", "second", "third"]);
    expect(await book.keptActs()).toEqual([]);
    await book.putAway("second");
    expect(await ids()).toEqual(["elsewhere", "third"]);
    await book.close();
  });
});

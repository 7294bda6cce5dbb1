import { describe, expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const by = { kind: "person", name: "王主任" };
const shaOf = (sign: string): string => sign.repeat(64);
const pond = { kind: "camera", id: "pond", x: 0.25, y: 0.5, headingDegrees: 45 };

async function openTold() {
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({ dataFolder });
  const tell = async (what: string, data: object): Promise<string> => {
    const draft = { type: `org.cunshao.map.${what}`, class: "audit", data: { ...data, by } } as const;
    return (await buffer.ledger.append(draft)).time;
  };
  const picture = (sign: string) => ({ sha256: shaOf(sign), width: 800, height: 600, sizeBytes: 9 });
  const reopened = async () => {
    await buffer.close();
    return (await scratchBuffer({ dataFolder })).mapBook.kept();
  };
  return { tell, picture, reopened };
}

describe("the map outlives a restart", () => {
  test("with its picture, the one before it, and the last places of each ground", async () => {
    const { tell, picture, reopened } = await openTold();
    for (const sign of ["a", "b"]) await tell("pictured", picture(sign));
    const pictured = await tell("pictured", picture("c"));
    await tell("placed", { ground: "picture", places: [] });
    const placed = await tell("placed", { ground: "picture", places: [pond] });
    await tell("placed", { ground: "tiles", places: [] });
    expect(await reopened()).toMatchObject({
      picture: { ...picture("c"), by, at: pictured },
      former: picture("b"),
      placed: { picture: { places: [pond], by, at: placed }, tiles: { places: [] } },
    });
  });

  test("also where the former picture was put back", async () => {
    const { tell, picture, reopened } = await openTold();
    for (const sign of ["a", "b"]) await tell("pictured", picture(sign));
    await tell("picture_restored", picture("a"));
    expect(await reopened()).toMatchObject({ picture: picture("a"), former: picture("b") });
  });

  test("and what is no picture, or no places, is none", async () => {
    const { tell, picture, reopened } = await openTold();
    await tell("pictured", { ...picture("a"), sha256: "../../etc/passwd" });
    await tell("placed", { ground: "picture", places: [{ ...pond, x: "left" }] });
    await tell("placed", { ground: "tiles", places: [{ ...pond, kind: "road" }] });
    expect(await reopened()).toEqual({ placed: {} });
  });
});

import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import type { GrayPicture } from "../../../src/core/picture.ts";
import { startAnalysisFeed } from "../../../src/video/analysis-feed.ts";
import { createAttention } from "../../../src/video/attention.ts";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { createMediaDouble } from "./media-double.ts";

const FORMAT = { width: 2, height: 2, framesPerSecond: 5 };
const FRAME_MS = 1000 / 15;

/** A feed of 15 frames a second; frames are named by what they are, K or p, and their number. */
function startFeed() {
  const clock = createSteppedClock();
  const media = createMediaDouble();
  const hub = new FragmentHub();
  const pictures: GrayPicture[] = [];
  const attention = createAttention({ clock, log: silentLogger }, "pond", true);
  const dependencies = { media, clock, log: silentLogger, attention };
  const feed = startAnalysisFeed(dependencies, "pond", FORMAT, hub, (picture) => {
    pictures.push(picture);
  });
  hub.begin({ bytes: Buffer.from("init"), mediaType: "video/mp4", timescale: 90_000 });
  let frame = 0;
  const push = (kind: string, sizeBytes = 0): void => {
    frame++;
    clock.step(FRAME_MS);
    const bytes = Buffer.concat([Buffer.from(` ${kind}${frame}`), Buffer.alloc(sizeBytes)]);
    hub.push({ bytes, keyFrame: kind === "K", decodeTime: frame * FRAME_MS * 90 });
  };
  const decoder = (number: number) => {
    const found = media.decoders[number];
    if (!found) throw new Error(`no decoder ${number}`);
    return found;
  };
  return {
    clock,
    media,
    hub,
    pictures,
    attention,
    feed,
    push,
    decoder,
    /** Groups of twelve frames, a key frame every 0.8 s. */
    pushGroups(groups: number): void {
      for (let count = 0; count < groups * 12; count++) push(count % 12 === 0 ? "K" : "p");
    },
    fedTo: (number: number): string => Buffer.concat(decoder(number).input).toString(),
    /** The decoder gives this many pictures. */
    async decode(number: number, count = 1): Promise<void> {
      const before = pictures.length;
      decoder(number).stdout.write(Buffer.alloc(4 * count));
      await until(() => pictures.length === before + count);
    },
  };
}

describe("the analysis feed", () => {
  test("feeds the decoder from a key frame on, never from inside a group of pictures", () => {
    const { push, fedTo } = startFeed();
    for (const kind of ["p", "p", "K", "p", "p", "p"]) push(kind);
    expect(fedTo(0)).toBe("init K3 p4 p5 p6");
  });

  test("wakes the decoder once for each frame that is looked at, with those it builds upon", () => {
    const { pushGroups, decoder } = startFeed();
    pushGroups(1);
    expect(decoder(0).input.map(String)).toEqual(["init", " K1", " p2 p3 p4", " p5 p6 p7", " p8 p9 p10"]);
  });

  test("never decodes the last frames of a group, on which nothing builds", async () => {
    const { pushGroups, decode, fedTo } = startFeed();
    pushGroups(1);
    await decode(0, 4);
    pushGroups(1);
    expect(fedTo(0)).toBe("init K1 p2 p3 p4 p5 p6 p7 p8 p9 p10 K13 p14 p15 p16 p17 p18 p19 p20 p21 p22");
  });

  test("gives key frames only once nothing has moved for a while", async () => {
    const { pushGroups, decoder, decode } = startFeed();
    for (let group = 0; group < 8; group++) {
      pushGroups(1);
      await decode(0, 4);
    }
    const before = decoder(0).input.length;
    pushGroups(1);
    await decode(0);
    pushGroups(1);
    expect(decoder(0).input.slice(before).map(String)).toEqual([" K97", " K109"]);
  });

  test("makes up for what it left out as soon as something moves, from the last key frame on", async () => {
    const { push, pushGroups, attention, decoder, decode } = startFeed();
    for (let group = 0; group < 8; group++) {
      pushGroups(1);
      await decode(0, 4);
    }
    for (const kind of ["K", "p", "p", "p", "p"]) push(kind);
    attention.stir();
    push("p");
    push("p");
    expect(decoder(0).input.slice(-2).map(String)).toEqual([" p98 p99 p100", " p101 p102 p103"]);
  });

  test("says of each picture when its frame arrived, not when it was decoded", async () => {
    const { push, clock, pictures, decode } = startFeed();
    push("K");
    const arrived = clock.now();
    clock.step(150);
    await decode(0);
    expect(pictures[0]?.at).toEqual(arrived);
  });

  test("cuts what the decoder gives into pictures, however it arrives", async () => {
    const { pictures, decoder } = startFeed();
    for (const chunk of [[1], [2, 3], [4, 5, 6, 7, 8, 9], [10, 11, 12, 13]]) {
      decoder(0).stdout.write(Buffer.from(chunk));
    }
    await until(() => pictures.length === 3);
    expect(pictures.map(({ pixels }) => [...pixels])).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
  });

  test("gives each picture a buffer of its own, so that it can be handed to the worker", async () => {
    const { pictures, decoder } = startFeed();
    decoder(0).stdout.write(Buffer.alloc(8));
    await until(() => pictures.length === 2);
    expect(pictures[0]?.pixels.buffer).not.toBe(pictures[1]?.pixels.buffer);
    expect(pictures[0]?.pixels.buffer.byteLength).toBe(4);
  });

  test("passes on without a copy a picture that comes in one piece", async () => {
    const { pictures, decoder } = startFeed();
    const piece = new Uint8Array([1, 2, 3, 4]);
    decoder(0).stdout.write(piece);
    await until(() => pictures.length === 1);
    expect(pictures[0]?.pixels.buffer).toBe(piece.buffer);
  });

  test("starts another decoder with the next key frame when one died", async () => {
    const { push, decoder, fedTo, media } = startFeed();
    push("K");
    decoder(0).exit("decoder.ended");
    await decoder(0).ended;
    push("p");
    expect(media.decoders).toHaveLength(1);
    for (const kind of ["K", "p", "p", "p"]) push(kind);
    expect(fedTo(1)).toBe("init K3 p4 p5 p6");
  });

  test("lets a decoder that fell behind go on only with a key frame, once it has caught up", async () => {
    const { pushGroups, decode, fedTo } = startFeed();
    for (const pictures of [1, 2, 3]) {
      pushGroups(1);
      await decode(0, pictures);
    }
    pushGroups(1);
    const late = "K13 p14 p15 p16";
    expect(fedTo(0)).toMatch(new RegExp(`^init K1 .* p10 ${late} K37 p38 .* p46$`));
  });

  test("keeps a bounded amount for a decoder that hangs", async () => {
    const { push, decoder } = startFeed();
    push("K");
    await until(() => decoder(0).stdin.writableLength === 0);
    decoder(0).clog();
    for (let count = 1; count < 3000; count++) push(count % 12 === 0 ? "K" : "p", 10_000);
    expect(decoder(0).stdin.writableLength).toBeLessThan(200_000);
  });

  test("does not wait for ever for the picture of a damaged frame", async () => {
    const { push, pushGroups, pictures, decode, clock } = startFeed();
    pushGroups(1);
    await decode(0, 3);
    for (let count = 0; count < 15; count++) push("p");
    push("K");
    const arrived = clock.now();
    await decode(0);
    expect(pictures.at(-1)?.at).toEqual(arrived);
  });

  test("goes on with the next key frame where a group is too large to be kept", () => {
    const { push, pushGroups, decoder, attention, clock } = startFeed();
    pushGroups(2);
    for (let count = 0; count < 9; count++) push("p", 1024 * 1024);
    clock.step(60_000);
    attention.stir();
    const before = decoder(0).input.length;
    push("p");
    push("p");
    expect(decoder(0).input.length).toBe(before);
  });

  test("replaces the decoder at a key frame now and then, because it remembers every fragment", async () => {
    const { pushGroups, media, decoder, attention, fedTo } = startFeed();
    const group = async (): Promise<void> => {
      attention.stir();
      pushGroups(1);
      decoder(media.decoders.length - 1).stdout.write(Buffer.alloc(4 * 4));
      await new Promise((resolve) => setImmediate(resolve));
    };
    for (let count = 0; count < 5000; count++) await group();
    expect(media.decoders).toHaveLength(1);
    await group();
    expect(decoder(0).stopped).toBe(true);
    expect(fedTo(1)).toMatch(/^init K60001 p60002 .* p60010$/);
  });

  test("gives no picture any more once it is told to stop, and leaves no decoder", async () => {
    const { feed, decoder, pictures, push } = startFeed();
    push("K");
    const stopping = feed.stop();
    decoder(0).stdout.write(Buffer.alloc(4));
    await stopping;
    await until(() => decoder(0).stdout.readableLength === 0);
    expect(pictures).toEqual([]);
    expect(decoder(0).stopped).toBe(true);
  });
});

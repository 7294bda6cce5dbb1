import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import type { GrayPicture } from "../../../src/core/picture.ts";
import { startAnalysisFeed } from "../../../src/video/analysis-feed.ts";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { createMediaDouble } from "./media-double.ts";

const FORMAT = { width: 2, height: 2, framesPerSecond: 5 };

function startFeed() {
  const clock = createSteppedClock();
  const media = createMediaDouble();
  const hub = new FragmentHub();
  const pictures: GrayPicture[] = [];
  const feed = startAnalysisFeed({ media, clock, log: silentLogger }, "pond", FORMAT, hub, (picture) => {
    pictures.push(picture);
  });
  hub.begin({ bytes: Buffer.from("init"), mediaType: "video/mp4", timescale: 90_000 });
  const push = (label: string): void =>
    hub.push({ bytes: Buffer.from(label), keyFrame: label.startsWith("K"), decodeTime: 0 });
  const decoder = (number: number) => {
    const found = media.decoders[number];
    if (!found) throw new Error(`no decoder ${number}`);
    return found;
  };
  const fedTo = (number: number): string => decoder(number).input.map(String).join(" ");
  return { clock, media, hub, pictures, feed, push, decoder, fedTo };
}

describe("the analysis feed", () => {
  test("feeds the decoder from a key frame on, never from inside a group of pictures", () => {
    const { push, fedTo } = startFeed();
    for (const label of ["p1", "p2", "K3", "p4"]) push(label);
    expect(fedTo(0)).toBe("init K3 p4");
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

  test("starts another decoder with the next key frame when one died", async () => {
    const { push, decoder, fedTo, media } = startFeed();
    push("K1");
    decoder(0).exit("decoder.ended");
    await decoder(0).ended;
    push("p2");
    expect(media.decoders).toHaveLength(1);
    push("K3");
    push("p4");
    expect(fedTo(1)).toBe("init K3 p4");
  });

  test("lets a decoder that fell behind go on only with a key frame, once it has caught up", async () => {
    const { clock, push, decoder, fedTo } = startFeed();
    push("K1");
    await until(() => decoder(0).stdin.writableLength === 0);
    decoder(0).clog();
    push("p2");
    clock.step(2500);
    push("p3");
    push("K4");
    decoder(0).unclog();
    await until(() => decoder(0).stdin.writableLength === 0);
    await until(() => {
      push("p5");
      push("K6");
      return fedTo(0).includes("K6");
    });
    expect(fedTo(0)).toMatch(/^init K1 p2 K6/);
  });

  test("replaces the decoder at a key frame now and then, because it remembers every fragment", () => {
    const { push, media, decoder, fedTo } = startFeed();
    push("K1");
    for (let count = 0; count < 50_000; count++) push("p");
    expect(media.decoders).toHaveLength(1);
    push("K2");
    push("p3");
    expect(decoder(0).stopped).toBe(true);
    expect(fedTo(1)).toBe("init K2 p3");
  });

  test("gives no picture any more once it is told to stop, and leaves no decoder", async () => {
    const { feed, decoder, pictures, push } = startFeed();
    push("K1");
    const stopping = feed.stop();
    decoder(0).stdout.write(Buffer.alloc(4));
    await stopping;
    await until(() => decoder(0).stdout.readableLength === 0);
    expect(pictures).toEqual([]);
    expect(decoder(0).stopped).toBe(true);
  });
});

import { describe, expect, test } from "vitest";
import { createFfmpegPlayer, playArguments } from "../../../../src/drivers/audio/ffmpeg-player.ts";
import { until } from "../../../support/until.ts";
import { createChildRig } from "../ffmpeg/children.ts";

const SOUND = { path: "/var/lib/cunshao/speech/a.wav", durationMs: 3000 };

function optionValue(list: readonly string[], option: string): string | undefined {
  return list[list.indexOf(option) + 1];
}

describe("ffmpeg's arguments", () => {
  test("for ALSA name the device and let it set the pace", () => {
    const list = playArguments({ kind: "alsa", device: "plughw:1,0" });
    expect(list.slice(-3)).toEqual(["-f", "alsa", "plughw:1,0"]);
    expect(list).not.toContain("-re");
    expect(optionValue(list, "-i")).toBe("pipe:0");
  });

  test.each([
    ["PCMA", "pcm_alaw", "8000", "asetnsamples=n=160", "pkt_size=172"],
    ["L16", "pcm_s16be", "44100", "asetnsamples=n=441", "pkt_size=894"],
  ] as const)("for RTP with %s follow RFC 3551, in real time", (codec, encoder, rate, packet, size) => {
    const list = playArguments({ kind: "rtp", host: "192.0.2.9", port: 5004, codec });
    expect(list.indexOf("-re")).toBeLessThan(list.indexOf("-i"));
    expect([optionValue(list, "-c:a"), optionValue(list, "-ar"), optionValue(list, "-ac")]).toEqual([
      encoder,
      rate,
      "1",
    ]);
    expect(optionValue(list, "-af")).toContain(packet);
    expect(list.at(-1)).toBe(`rtp://192.0.2.9:5004?${size}`);
  });
});

describe("the player", () => {
  test("plays nothing when it is aborted before", async () => {
    const { dependencies, registered } = createChildRig();
    const player = createFfmpegPlayer(dependencies, { kind: "alsa", device: "null" });
    await player.play(SOUND, { volume: 50, signal: AbortSignal.abort(), onSound: () => {} });
    expect(registered()).toEqual([]);
  });

  test("fails with a stable code when there is no such sound", async () => {
    const { dependencies, registered } = createChildRig();
    const player = createFfmpegPlayer(dependencies, { kind: "alsa", device: "null" });
    const playing = player.play(
      { path: "/nonexistent/sound.wav", durationMs: 10 },
      { volume: 50, signal: new AbortController().signal, onSound: () => {} },
    );
    await expect(playing).rejects.toMatchObject({ code: "audio.unreadable", kind: "transient" });
    expect(registered()).toEqual([]);
  });

  test("has one process stand by while it is started, and none before and after", async () => {
    const { dependencies, registered } = createChildRig();
    const player = createFfmpegPlayer(dependencies, { kind: "alsa", device: "null" });
    expect(registered()).toEqual([]);
    await player.start();
    await player.start();
    expect(registered()).toHaveLength(1);
    await player.stop();
    expect(registered()).toEqual([]);
  });

  test("replaces one that was killed while it stood by with the next sound", async () => {
    const { dependencies, registered } = createChildRig();
    const player = createFfmpegPlayer(dependencies, { kind: "alsa", device: "null" });
    await player.start();
    const [entry = ""] = registered();
    process.kill(Number(entry.split("-").at(-2)), "SIGKILL");
    await until(() => registered().length === 0);
    const playing = player.play(
      { path: "/nonexistent/sound.wav", durationMs: 10 },
      { volume: 50, signal: new AbortController().signal, onSound: () => {} },
    );
    await expect(playing).rejects.toMatchObject({ code: "audio.unreadable" });
    expect(registered()).toHaveLength(1);
    await player.stop();
  });
});

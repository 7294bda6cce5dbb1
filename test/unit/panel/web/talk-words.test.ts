import { describe, expect, test } from "vitest";
import type { TalkOnSpeaker, TalkPhase } from "../../../../src/core/live-voice.ts";
import { endedLine, isHeard, isSaid } from "../../../../src/panel/web/words/talk-words.ts";

const speech = {
  reason: (code: string) => `<${code}>`,
  source: ({ name }: { readonly name: string }) => name,
};
const on = (...phases: TalkPhase[]): TalkOnSpeaker[] =>
  phases.map((phase, index) => ({ speaker: `horn-${index}`, phase }));

describe("a talk", () => {
  test.each([
    [on("waiting", "settling"), false],
    [on("waiting", "open"), true],
    [on("ended"), false],
    [[], false],
  ])("on %j is heard: %s", (speakers, heard) => {
    expect(isHeard(speakers)).toBe(heard);
  });

  test.each(["live.done", "live.stopped", "live.preempted", "live.too_long", "speaker.max_on"])(
    "that ends by %s is said, unless no horn was on: then it is not said yet",
    (code) => {
      expect(isSaid(code, true)).toBe(true);
      expect(isSaid(code, false)).toBe(false);
    },
  );

  test.each(["network", "live.stalled", "session.required", undefined])(
    "that ends by %s is not said yet, whoever heard the beginning",
    (code) => {
      expect(isSaid(code, true)).toBe(false);
    },
  );

  test.each([
    ["live.done", true, "talk.state.done", "calm"],
    ["live.done", false, "talk.state.unheard", "care"],
    ["live.stopped", true, "talk.state.stopped", "care"],
    ["network", true, "talk.state.failed", "care"],
  ])("that ends by %s, heard: %s, is told of as %s", (code, wasHeard, key, tone) => {
    expect(endedLine(code, wasHeard, speech)).toMatchObject({ phrase: { key }, tone });
  });
});

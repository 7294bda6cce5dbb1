import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const withEvidence = (written: string): string => changed("evidence: true", `evidence: ${written}`);

describe("the evidence of a rule's alarm", () => {
  test.each([
    ["true", { camera: "pond-east" }],
    ["false", undefined],
    ["{beforeSeconds: 5}", { camera: "pond-east", clip: { beforeSeconds: 5, afterSeconds: 10 } }],
    ["{afterSeconds: 0}", { camera: "pond-east", clip: { beforeSeconds: 10, afterSeconds: 0 } }],
  ])("may be %s", async (written, expected) => {
    const { rules } = await configurationOf({ village: withEvidence(written) });
    expect(rules[0]?.alarm).toEqual({ severity: "warning", evidence: expected });
  });

  test("is taken by a rule that watches people and says nothing of it, and by no other", async () => {
    const { rules } = await configurationOf({ village: changed(", evidence: true", "") });
    expect(rules.map(({ alarm }) => alarm?.evidence)).toEqual([{ camera: "pond-east" }, undefined]);
  });

  test("is taken by a rule on water or a button of the camera that it names", async () => {
    const { rules } = await configurationOf({
      village: changed(
        "then: [{alarm: {severity: danger}}]",
        "then: [{alarm: {severity: danger}, evidence: {camera: pond-east, afterSeconds: 20}}]",
      ),
    });
    expect(rules[1]?.alarm?.evidence).toEqual({
      camera: "pond-east",
      clip: { beforeSeconds: 10, afterSeconds: 20 },
    });
  });

  test.each(["{beforeSeconds: 61}", "{afterSeconds: -1}", "{before: 5}", "always"])(
    "may not be %s",
    async (written) => {
      const problems = await problemsOf({ village: withEvidence(written) });
      expect(problems.length).toBeGreaterThan(0);
    },
  );
});

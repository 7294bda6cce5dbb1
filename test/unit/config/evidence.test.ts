import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const withEvidence = (written: string): string => changed("evidence: true", `evidence: ${written}`);

describe("the evidence of a rule's alarm", () => {
  test.each([
    ["true", { evidence: true }],
    ["false", { evidence: false }],
    ["{beforeSeconds: 5}", { evidence: true, clip: { beforeSeconds: 5, afterSeconds: 10 } }],
    ["{afterSeconds: 0}", { evidence: true, clip: { beforeSeconds: 10, afterSeconds: 0 } }],
  ])("may be %s", async (written, expected) => {
    const { rules } = await configurationOf({ village: withEvidence(written) });
    expect(rules[0]?.alarm).toEqual({ severity: "warning", ...expected });
  });

  test("is taken by a rule that watches people and says nothing of it, and by no other", async () => {
    const { rules } = await configurationOf({ village: changed(", evidence: true", "") });
    expect(rules.map(({ alarm }) => alarm?.evidence)).toEqual([true, false]);
  });

  test.each(["{beforeSeconds: 61}", "{afterSeconds: -1}", "{before: 5}", "always"])(
    "may not be %s",
    async (written) => {
      const problems = await problemsOf({ village: withEvidence(written) });
      expect(problems.length).toBeGreaterThan(0);
    },
  );
});

import { describe, expect, test } from "vitest";
import type { Observation } from "../../../src/core/observation.ts";
import { createChangeFilter } from "../../../src/sense/state-changes.ts";

const at = { wallMs: 0, monotonicMs: 0 };
const reading = (sensor: string, quality: "good" | "invalid" | "lost"): Observation => ({
  kind: "reading",
  sensor,
  value: quality === "good" ? 2.3 : null,
  unit: "m",
  quality,
  at,
});

describe("what the ledger keeps of observations", () => {
  test("is every change of a camera and of an input", () => {
    const changeOf = createChangeFilter();
    expect(
      changeOf({ kind: "camera", camera: "pond-east", state: "lost", reason: "rtsp.timeout", at }),
    ).toEqual({
      type: "org.cunshao.camera.changed",
      class: "state",
      subject: "pond-east",
      data: { camera: "pond-east", state: "lost", reason: "rtsp.timeout" },
    });
    expect(changeOf({ kind: "contact", input: "sos", closed: true, at })).toEqual({
      type: "org.cunshao.input.changed",
      class: "state",
      subject: "sos",
      data: { input: "sos", closed: true },
    });
  });

  test("is a sensor's quality when it changes, each sensor for itself, but no reading", () => {
    const changeOf = createChangeFilter();
    const kept = [
      reading("pond", "good"),
      reading("pond", "good"),
      reading("reservoir", "lost"),
      reading("pond", "lost"),
      reading("pond", "lost"),
      reading("pond", "good"),
    ].map((observation) => changeOf(observation)?.data);
    expect(kept).toEqual([
      { sensor: "pond", quality: "good" },
      undefined,
      { sensor: "reservoir", quality: "lost" },
      { sensor: "pond", quality: "lost" },
      undefined,
      { sensor: "pond", quality: "good" },
    ]);
  });

  test("is nothing of who is in a zone", () => {
    const presence = { kind: "presence", camera: "a", zone: "b", present: true, boxes: [] } as const;
    expect(createChangeFilter()({ ...presence, detector: "movement", at })).toBeUndefined();
  });
});

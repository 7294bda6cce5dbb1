import { expect, test } from "vitest";
import { createCameraTurner, type LookEffect } from "../../../src/act/camera-turner.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import {
  createCameraControlDouble,
  createCameraControlsDouble,
} from "../../support/camera-controls-double.ts";
import { until } from "../../support/until.ts";

function createRig() {
  const pond = createCameraControlDouble();
  const events: EventDraft[] = [];
  const turn = createCameraTurner({
    controls: createCameraControlsDouble({ pond }),
    record: (draft) => events.push(draft),
    log: silentLogger,
  });
  const look = (preset: string): LookEffect => ({
    kind: "look",
    rule: "pond-bank",
    alarm: "a1",
    camera: "pond",
    preset,
  });
  return { pond, events, turn, look };
}

test("a camera is turned to the preset that the rule names, and the ledger says so", async () => {
  const { pond, events, turn, look } = createRig();
  turn(look("塘埂"));
  await until(() => events.length === 1);
  expect(pond.asked).toEqual(["presets", "goTo p1"]);
  expect(events).toEqual([
    {
      type: "org.cunshao.camera.turned",
      class: "state",
      subject: "pond",
      data: { camera: "pond", preset: "塘埂", by: { kind: "rule", name: "pond-bank" }, alarm: "a1" },
    },
  ]);
});

test("of orders that come while it turns only the newest counts", async () => {
  const { pond, events, turn, look } = createRig();
  turn(look("塘埂"));
  turn(look("路口"));
  turn(look("塘埂"));
  turn(look("路口"));
  await until(() => events.length === 2);
  expect(pond.asked.filter((word) => word.startsWith("goTo"))).toEqual(["goTo p1", "goTo p2"]);
});

test("a camera that does not turn is recorded with the reason, and the next order is tried", async () => {
  const { pond, events, turn, look } = createRig();
  pond.failing = new GatewayError("no answer", { code: "onvif.timeout", kind: "transient" });
  turn(look("塘埂"));
  await until(() => events.length === 1);
  expect(events[0]).toMatchObject({
    type: "org.cunshao.camera.turn_failed",
    data: { reason: "onvif.timeout" },
  });
  pond.failing = undefined;
  turn(look("nowhere"));
  turn(look("塘埂"));
  await until(() => events.length === 3);
  expect(events[1]).toMatchObject({ data: { preset: "nowhere", reason: "camera.no_preset" } });
  expect(events[2]?.type).toBe("org.cunshao.camera.turned");
});

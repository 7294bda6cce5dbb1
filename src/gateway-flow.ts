import type { AlarmDesk } from "./act/alarm-desk.ts";
import type { createCameraTurner } from "./act/camera-turner.ts";
import type { Horns } from "./act/horns.ts";
import type { LineDesk } from "./act/line-desk.ts";
import type { AlarmRaise } from "./core/alarm.ts";
import { type Observation, showsSomebody } from "./core/observation.ts";
import type { Signal } from "./core/signals.ts";
import type { openDevices } from "./gateway-devices.ts";
import type { AlarmViews } from "./panel/alarm-views.ts";
import type { ObservableVillage } from "./panel/village.ts";
import type { StandingLessons } from "./rules/lesson-desk.ts";
import type { StandingPauses } from "./rules/pause-desk.ts";
import type { RuleBook } from "./rules/rule-book.ts";
import type { StandingRules } from "./rules/rule-desk.ts";
import type { CameraHealthWatch } from "./sense/camera-health-watch.ts";
import { createChangeFilter } from "./sense/state-changes.ts";
import type { Recorder } from "./video/recorder.ts";

export interface FlowRooms {
  readonly devices: Awaited<ReturnType<typeof openDevices>>;
  readonly cameraHealth: CameraHealthWatch;
  readonly rules: RuleBook;
  readonly ruleDesk: StandingRules;
  readonly pauses: StandingPauses;
  readonly lessons: StandingLessons;
  readonly horns: Horns;
  readonly turnCamera: ReturnType<typeof createCameraTurner>;
  readonly alarmDesk: AlarmDesk;
  readonly lineDesk: LineDesk;
  readonly recordings: Recorder;
  readonly village: ObservableVillage;
  readonly alarmViews: AlarmViews;
}

/** Joins the rooms in the one way: observations to rules, effects to horns and ledger. What the page shows follows. */
export function joinFlow(rooms: FlowRooms): void {
  observationsToRules(rooms);
  effectsToHornsAndLedger(rooms);
  changesToPage(rooms);
}

function observationsToRules(rooms: FlowRooms): void {
  const { devices, cameraHealth, rules, lessons, horns, lineDesk, recordings, village } = rooms;
  const { cameras, sensors, inputs, vision, controls, record } = devices;
  const changeOf = createChangeFilter();
  const observe = (observation: Observation): void => {
    // What stirs in a picture that shows nothing (a hand before the lens, noise of the dark) is nobody.
    if (showsSomebody(observation) && !cameraHealth.sees(observation.camera)) return;
    horns.observe(observation);
    rules.observe(observation);
    if (observation.kind === "presence" && observation.present) recordings.event(observation.camera);
    const change = changeOf(observation);
    if (change) record(change);
    village.touch();
  };
  for (const source of [vision, ...cameras, ...sensors, ...inputs]) source.observations.on(observe);
  for (const { pictures, camera, attention } of cameras) {
    pictures.on(vision.submit);
    vision.stirred.on((stirred) => stirred === camera.id && attention.stir());
  }
  controls.turned.on(cameraHealth.turned);
  controls.turned.on(lessons.turned);
  vision.crossings.on((crossing) => {
    void lineDesk.record(crossing);
    observe({ kind: "crossing", ...crossing });
  });
}

function effectsToHornsAndLedger(rooms: FlowRooms): void {
  const { rules, ruleDesk, pauses, lessons, horns, turnCamera, alarmDesk, recordings } = rooms;
  ruleDesk.changes.on(rules.replace);
  rules.withheld.on(pauses.withhold);
  for (const { armed } of [pauses, lessons]) armed.on((armedNow) => armedNow.forEach(rules.rearm));
  rules.effects.on((effect) => {
    if (effect.kind === "look") {
      turnCamera(effect);
      return;
    }
    horns.act(effect);
    if (effect.kind === "say" || effect.kind === "switch-on" || effect.kind === "switch-off") return;
    if (effect.kind === "raise") recordings.event(cameraOf(effect.alarm));
    void alarmDesk.record(effect);
  });
}

function changesToPage(rooms: FlowRooms): void {
  const { devices, horns, recordings, ruleDesk, pauses, lessons, village, alarmViews } = rooms;
  const { buffer, outlets, zones, lines, masks, upstreams } = devices;
  const channels = [...outlets.values()].map(({ channel }) => channel);
  const changing: readonly { readonly changes: Pick<Signal<unknown>, "on"> }[] = [
    ...[...channels, horns, recordings],
    ...[ruleDesk, pauses, zones, lines, masks, lessons],
  ];
  for (const { changes } of changing) changes.on(() => village.touch());
  upstreams.onChange(() => void alarmViews.refresh());
  buffer.ledger.onAppend((event) => {
    if (event.class === "alarm") void alarmViews.refresh();
    village.touch();
  });
}

/** An alarm that no camera saw may be anywhere. */
function cameraOf({ because }: AlarmRaise): string | undefined {
  return "camera" in because ? because.camera : undefined;
}

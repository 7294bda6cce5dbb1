// Composes the gateway from its rooms: with gateway-devices.ts (what hangs on wires) and gateway-flow.ts (what goes from where
// to where) the only file that knows them all. main.ts runs it.
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { createAlarmClips } from "./act/alarm-clips.ts";
import { createAlarmDesk } from "./act/alarm-desk.ts";
import { createAlarmPictures } from "./act/alarm-pictures.ts";
import { createAlarmRecorder } from "./act/alarm-recorder.ts";
import { createCameraTurner } from "./act/camera-turner.ts";
import { createDutyDesk } from "./act/duty-desk.ts";
import { createHorns } from "./act/horns.ts";
import { createLineDesk } from "./act/line-desk.ts";
import { createReportDesk } from "./act/report-desk.ts";
import { createTalkDesk } from "./act/talk-desk.ts";
import { recordingsFolder } from "./buffer/buffer.ts";
import { createCommandDesk } from "./command/command-desk.ts";
import type { OpenSetUp } from "./config/set-up/set-up-desk.ts";
import type { CommandRoads } from "./core/command.ts";
import { errorCode } from "./core/errors.ts";
import type { Part, PartHealth } from "./core/part.ts";
import type { ReviseRule } from "./core/rule-edit.ts";
import { systemClock } from "./core/time.ts";
import { createVillageTime } from "./core/village-time.ts";
import { createBoardSensors } from "./drivers/board/board-sensors.ts";
import { createClockQuality } from "./drivers/clock/clock-source.ts";
import { readTlsFiles } from "./forward/tls-files.ts";
import { type DeviceOptions, openDevices } from "./gateway-devices.ts";
import { joinFlow } from "./gateway-flow.ts";
import { createUpkeep } from "./gateway-upkeep.ts";
import { ensureAdministrator } from "./panel/administrator.ts";
import { createAlarmViews } from "./panel/alarm-views.ts";
import { createPanel } from "./panel/panel.ts";
import { createPartWatch } from "./panel/part-watch.ts";
import { createVillage } from "./panel/village.ts";
import { wiringOf } from "./panel/wiring.ts";
import { createBoxEnd } from "./reverse/box-end.ts";
import { createLessonDesk } from "./rules/lesson-desk.ts";
import { createPauseDesk } from "./rules/pause-desk.ts";
import { createRuleBook } from "./rules/rule-book.ts";
import { createRuleDesk, withRulesNow } from "./rules/rule-desk.ts";
import { createBoardWatch } from "./sense/board-watch.ts";
import { createCameraHealthWatch } from "./sense/camera-health-watch.ts";
import { stopParts } from "./stop-parts.ts";
import { keepLastPictures } from "./video/last-pictures.ts";
import { createRecorder } from "./video/recorder.ts";
import { createMovementRecorder } from "./vision/movement-spans.ts";

export interface GatewayOptions extends DeviceOptions {
  /** The built page. */
  readonly webFolder: string;
  readonly adminPassword?: string | undefined;
  readonly propose?: CommandRoads["propose"] | undefined;
  readonly reviseRule: ReviseRule;
  readonly openSetUp: OpenSetUp;
}

export interface Gateway extends Part {
  /** Where the panel listens; undefined unless running. */
  url(): string | undefined;
  /** The first administrator's password if `start` had to make one up. */
  generatedPassword(): string | undefined;
  /** False where something was left behind by a stop, or by a start that failed: another must not run beside it. */
  isGone(): boolean;
}

/** The gateway of one site. `start` makes outputs safe before anything else, `stop` too. */
export function createGateway(options: GatewayOptions): Gateway {
  let running: Composition | undefined;
  let isGone = true;
  return {
    name: "gateway",
    async start() {
      isGone = false;
      running = await compose(options);
      for (const part of running.parts) await part.start();
      running.started();
    },
    async stop() {
      const composition = running;
      running = undefined;
      if (!composition) return;
      // Outputs first: whatever else hangs, the horns are silent and the relays off.
      const isSilent = await stopParts(composition.outputs, options.log);
      composition.stopping();
      const isStopped = await stopParts([...composition.parts].reverse(), options.log);
      await composition.close();
      isGone = isSilent && isStopped;
    },
    isGone: () => isGone,
    url: () => running?.url(),
    generatedPassword: () => running?.generatedPassword,
  };
}

interface Composition {
  readonly outputs: readonly Part[];
  /** In the order of starting: what keeps people safe first, what only shows it last. */
  readonly parts: readonly Part[];
  readonly generatedPassword: string | undefined;
  url(): string | undefined;
  started(): void;
  stopping(): void;
  close(): Promise<void>;
}

async function compose(options: GatewayOptions): Promise<Composition> {
  const { configuration, log } = options;
  const time = createVillageTime(systemClock, createClockQuality(systemClock));
  const { clock } = time;
  const devices = await openDevices(options, time);
  const { buffer, footage, quality, outlets, inputs, cameras, live, vision, sensors, upstreams } = devices;
  const channels = [...outlets.values()].map(({ channel }) => channel);
  const isClockSynced = (): boolean => quality.current() === "synced";

  const { controls, record, zones, lines, masks } = devices;
  const turnCamera = createCameraTurner({ controls, record, log });
  const upkeep = createUpkeep(devices, time, configuration, () => village.touch(), log);

  const ruleDesk = createRuleDesk(
    {
      ...buffer,
      revise: options.reviseRule,
      rehearse: (says) => horns.rehearse(says),
      limits: configuration.hornLimits,
      log,
    },
    configuration.rules,
    await buffer.ruleEditBook.latest(),
  );
  const site = withRulesNow(configuration, ruleDesk);
  const zoneTrials = devices.openZoneTrials(ruleDesk.rules);
  const pauses = createPauseDesk(
    {
      ...buffer,
      clock,
      isClockSynced,
      record: (draft) => void recorder.record(draft),
      newId: randomUUID,
      async closeAlarms(paused, by) {
        for (const { id, rule } of await buffer.alarms.open()) {
          if (!paused.includes(rule)) continue;
          await village.acknowledge(id, by);
          await village.clear(id, by);
        }
      },
      log,
    },
    site,
    await buffer.pauseBook.open(),
  );
  const lessons = createLessonDesk(
    {
      ...buffer,
      clock,
      isClockSynced,
      record: (draft) => void recorder.record(draft),
      newId: randomUUID,
      acknowledge: (alarm, by) => village.acknowledge(alarm, by),
      snapshot: (camera) => village.snapshot(camera),
      faults: (camera) => cameraHealth.faults(camera),
      zones,
      log,
    },
    site,
    await buffer.lessonBook.open(),
  );
  const carried = await buffer.alarms.open();
  const rules = createRuleBook(
    { ...configuration.site, ...pauses, ...lessons, clock, isClockSynced, newAlarmId: randomUUID },
    ruleDesk.rules(),
    carried.map(({ id, rule, status }) => ({ id, rule, acknowledged: status === "acknowledged" })),
  );
  const horns = createHorns(
    { ...buffer, ...devices, clipOf: devices.clips.contentOf, clock, isClockSynced, newId: randomUUID, log },
    site,
    outlets,
    devices.switchRelays,
  );
  const { desk, switches, programmes, drills } = horns;
  const recorder = createAlarmRecorder({ ledger: buffer.ledger, clock, random: Math.random, log });
  const alarmClips = createAlarmClips({ ...buffer, ...footage, book: buffer.alarms, recorder, log });
  const duty = createDutyDesk(
    { clock, timezone: configuration.site.timezone, book: buffer.dutyBook },
    configuration.duty,
    await buffer.dutyBook.written(),
  );
  duty.changes.on(() => village.touch());
  devices.map.changes.on(() => village.touch());
  const alarmDesk = createAlarmDesk({
    ...buffer,
    recorder,
    clips: alarmClips,
    pictures: createAlarmPictures({ ...buffer, ...devices, recorder, village: () => village, log }),
    onDuty: duty.now,
  });
  const recordings = createRecorder(
    {
      index: buffer.recordings,
      clock,
      clockQuality: quality.current,
      timezone: configuration.site.timezone,
      log,
      record,
      folder: recordingsFolder(options.dataFolder),
    },
    cameras.map(({ camera, main }) => ({ camera, stream: main })),
    configuration.storage,
  );
  const alarmViews = createAlarmViews({ ...configuration, ...buffer, log }, () => village.touch());

  const cameraHealth = createCameraHealthWatch(
    {
      ...buffer,
      clock,
      random: Math.random,
      log,
      examination: vision,
      snapshot: keepLastPictures(devices.media, cameras),
      onChange: () => village.touch(),
    },
    cameras,
  );
  const lineDesk = createLineDesk({
    ...buffer,
    ...footage,
    snapshot: (camera) => village.snapshot(camera),
    clock,
    log,
  });
  const timeline = createMovementRecorder({
    ...buffer,
    looks: vision.movement,
    clock,
    clockQuality: quality.current,
  });

  const board = createBoardWatch({ clock, read: createBoardSensors(), record });
  board.changes.on(() => village.touch());

  const parts: Part[] = [
    pauses,
    zones,
    lessons,
    devices.guard,
    devices.serial,
    ...devices.proof.parts,
    ...devices.soundParts,
    ...switches.parts,
    ...horns.parts,
    devices.modbus,
    cameraHealth,
    timeline,
    lineDesk,
    vision,
    ...cameras,
    live,
    ...sensors,
    ...inputs,
    controls,
    ...upkeep.parts,
    recordings,
    buffer.housekeeping,
    buffer.clockBook,
    board,
    ...footage.parts,
    zoneTrials,
    devices.map,
    createPartWatch(
      clock,
      () => village.health().parts,
      () => village.touch(),
    ),
  ];
  const village = createVillage({
    ...configuration,
    ...buffer,
    companion: configuration.panel.companion,
    ...{ duty, board, map: devices.map },
    version: options.version,
    clock,
    isClockSynced,
    cameras,
    zonesOf: zones.zonesOf,
    ...{ lines, masks, maskingOf: upkeep.maskingOf },
    occupiedZones: (camera) => (cameraHealth.sees(camera) ? vision.occupied(camera) : []),
    cameraFaults: cameraHealth.faults,
    recordings,
    speakers: devices.proof.channels,
    switches: switches.states,
    horns: horns.view,
    sensors,
    inputs,
    pauses: pauses.list,
    lessons: lessons.list,
    rules: ruleDesk.list,
    upstreams: upstreams.states,
    parts: () => [
      buffer.ledgerHealth(),
      ruleDesk.health(),
      setUp.health(),
      ...[...parts, panel, ...deskChannels].flatMap((part): PartHealth[] =>
        part.health ? [part.health()] : [],
      ),
    ],
    alarms: alarmViews.current,
    alarm: alarmViews.one,
    pastAlarms: alarmViews.past,
    alarmsBefore: alarmViews.before,
    commands: {
      async acknowledge(alarm, by) {
        await alarmDesk.acknowledge(alarm, by);
        desk.hush(alarm, "all");
        rules.acknowledge(alarm);
      },
      async clear(alarm, by) {
        await alarmDesk.clear(alarm, by);
        desk.hush(alarm, "all");
        rules.clear(alarm);
      },
      note: alarmDesk.note,
      say: desk.take,
      silence: async (broadcast, by) => desk.silence(broadcast, by),
    },
  });
  const commandDesk = createCommandDesk(
    {
      ...{ ...buffer, ...options, village, clipOf: devices.clips.contentOf, clock, isClockSynced },
      tellTime: (wallMs, monotonicMs) => time.tell("township", wallMs, { wallMs, monotonicMs }),
    },
    configuration,
  );
  devices.obey(commandDesk);
  const isHeard = (): boolean =>
    channels.some(({ state }) => state().phase !== "idle") || switches.states().some(({ on }) => on);
  const setUp = options.openSetUp({ ...buffer, clock }, () => isHeard() || rules.isEscalating());
  const panel = createPanel({
    ...buffer,
    ...{ village, controls, pauses },
    ...{ zones, lines, masks, map: devices.map, sensorTrial: devices.sensorTrial },
    ...{ ruleDesk, setUp, zoneTrials, lessons, programmes, duty, drills, upstreams },
    wiring: wiringOf(configuration, options.profiles),
    ...{ commandDesk, clips: devices.clips, speech: devices.speech },
    reports: createReportDesk(
      { ...buffer, drafts: buffer.reportDrafts, maker: devices.reportMaker, clock, newId: randomUUID },
      configuration.storage,
    ),
    ...{ live, footage, clock, cameraHealth },
    talks: createTalkDesk({ ...devices, ...buffer, channels, clock, village: () => village }),
    analysis: devices.analysis,
    random: randomBytes,
    log,
    config: {
      ...configuration.panel,
      webFolder: options.webFolder,
      tlsFolder: join(options.dataFolder, "tls"),
    },
  });

  const instance = randomUUID();
  const deskChannels = configuration.desks.map((wiring) =>
    createBoxEnd(
      { serve: panel.join, tls: () => readTlsFiles(wiring.tls), clock, random: Math.random, log },
      { siteId: configuration.site.id, instance, desk: wiring },
    ),
  );

  joinFlow({
    ...{ devices, cameraHealth, rules, ruleDesk, pauses, lessons, horns, turnCamera, alarmDesk, lineDesk },
    ...{ recordings, village, alarmViews },
  });
  vision.armed.on(() => log.info({ cameras: cameras.length }, "armed"));

  const password = options.adminPassword;
  return {
    outputs: [...channels, ...switches.parts],
    parts: [...parts, panel, ...upstreams.parts, devices.outageLog, ...deskChannels],
    generatedPassword: await ensureAdministrator({ ...buffer, password, random: randomBytes }),
    url: panel.url,
    started() {
      const { lastSign } = buffer;
      const data = { version: options.version, ...(lastSign !== undefined && { lastSign }) };
      record({ type: "org.cunshao.gateway.started", class: "state", data });
      void setUp
        .begun()
        .catch((error) => log.error({ code: errorCode(error) }, "what was taken back is not told"));
      void alarmViews.refresh();
      void alarmClips.recover();
      void commandDesk.recover();
      // Not waited for: a slow speech engine must not keep the rules from being armed.
      void horns.prepare();
    },
    stopping: () => record({ type: "org.cunshao.gateway.stopping", class: "state", data: {} }),
    async close() {
      rules.stop();
      recorder.stop();
      await buffer.close();
    },
  };
}

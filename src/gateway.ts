// Composes the gateway from its rooms: the only file that knows them all. main.ts runs it.
import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { createAlarmDesk } from "./act/alarm-desk.ts";
import { createAlarmRecorder } from "./act/alarm-recorder.ts";
import { createBroadcastDesk } from "./act/broadcast-desk.ts";
import { createCameraTurner } from "./act/camera-turner.ts";
import { createLineDesk } from "./act/line-desk.ts";
import { openOutlets } from "./act/outlets.ts";
import { openBuffer } from "./buffer/buffer.ts";
import type { Configuration } from "./config/configuration.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode } from "./core/errors.ts";
import type { EventDraft } from "./core/event.ts";
import type { Logger } from "./core/log.ts";
import type { Observation } from "./core/observation.ts";
import type { Part, PartHealth } from "./core/part.ts";
import type { ProfileCatalogue } from "./core/profiles.ts";
import { type Clock, isoTime, systemClock, within } from "./core/time.ts";
import { createEspeakSpeech } from "./drivers/audio/espeak-speech.ts";
import { createFfmpegPlayer } from "./drivers/audio/ffmpeg-player.ts";
import { bootId, createClockQuality } from "./drivers/clock/clock-source.ts";
import { createChildRegister, endOrphans } from "./drivers/ffmpeg/child-register.ts";
import { createMediaTools } from "./drivers/ffmpeg/media-tools.ts";
import { createModbusBuses } from "./drivers/modbus/modbus-buses.ts";
import { createCameraControls } from "./drivers/onvif/camera-controls.ts";
import { createSerialDevices } from "./drivers/serial/serial-devices.ts";
import { createHttpUpstream } from "./forward/http-upstream.ts";
import { ensureAdministrator } from "./panel/administrator.ts";
import { createAlarmViews } from "./panel/alarm-views.ts";
import { createPanel } from "./panel/panel.ts";
import { createVillage } from "./panel/village.ts";
import { createRuleBook } from "./rules/rule-book.ts";
import { createCameraUpkeep } from "./sense/camera-upkeep.ts";
import { openContacts } from "./sense/open-contacts.ts";
import { createSensorPoller } from "./sense/sensor-poller.ts";
import { createChangeFilter } from "./sense/state-changes.ts";
import { createCameraStream } from "./video/camera-stream.ts";
import { createLiveViewer } from "./video/live-viewer.ts";
import { createMovementRecorder } from "./vision/movement-spans.ts";
import { createVisionWatch } from "./vision/watch.ts";

/** What is analysed: small enough for a Pi, large enough for a person of 8 % of the picture's height. */
const ANALYSIS = { width: 320, height: 180, framesPerSecond: 5 };
/** A part that takes longer to stop is left behind. */
const PART_STOP_MS = 4000;

export interface GatewayOptions {
  readonly configuration: Configuration;
  readonly profiles: ProfileCatalogue;
  readonly version: string;
  /** Everything the box writes. */
  readonly dataFolder: string;
  /** The built page. */
  readonly webFolder: string;
  readonly adminPassword?: string | undefined;
  readonly gpio: Gpio;
  readonly log: Logger;
}

export interface Gateway extends Part {
  /** Where the panel listens; undefined unless running. */
  url(): string | undefined;
  /** The first administrator's password if `start` had to make one up. */
  generatedPassword(): string | undefined;
}

/** The gateway of one site. `start` makes outputs safe before anything else, `stop` too. */
export function createGateway(options: GatewayOptions): Gateway {
  let running: Composition | undefined;
  return {
    name: "gateway",
    async start() {
      running = await compose(options);
      for (const part of running.parts) await part.start();
      running.started();
    },
    async stop() {
      const composition = running;
      running = undefined;
      if (!composition) return;
      // Outputs first: whatever else hangs, the horns are silent and the relays off.
      await stopAll(composition.outputs, options.log);
      composition.stopping();
      await stopAll([...composition.parts].reverse(), options.log);
      await composition.close();
    },
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

/** Everything that stands alone: the buffer, the devices and the children that drive them. */
async function openDevices({ configuration, profiles, dataFolder, gpio, log }: GatewayOptions, clock: Clock) {
  const random = Math.random;
  const childFolder = join(dataFolder, "children");
  endOrphans(childFolder, log);
  const children = { clock, log, register: createChildRegister(childFolder) };
  const quality = createClockQuality(clock);
  const wire = { buses: configuration.buses, clock, random, log };
  const serial = createSerialDevices({ ...wire, profiles });
  const modbus = createModbusBuses(wire);
  const speech = createEspeakSpeech(children, join(dataFolder, "speech"));

  // Before anything that may fail: opening a relay switches it off.
  const outlets = await openOutlets(
    { gpio, serial, speech, playerFor: (audio) => createFfmpegPlayer(children, audio), clock, log },
    configuration.speakers,
  );
  const inputs = await openContacts({ gpio, clock, log }, configuration.inputs);
  const buffer = await openBuffer({
    dataFolder,
    siteId: configuration.site.id,
    bootId: bootId(),
    clock,
    random,
    log,
    clockQuality: quality.current,
  });

  const media = createMediaTools(children);
  const cameras = configuration.cameras.map((camera) =>
    createCameraStream({ media, clock, random, log }, camera, ANALYSIS),
  );
  const controls = createCameraControls({ clock }, configuration.cameras);
  const vision = createVisionWatch({ clock, log }, configuration.cameras, ANALYSIS);
  const sensors = configuration.sensors.flatMap((sensor) => {
    const profile = profiles.sensors.get(sensor.profile);
    if (!profile) return [];
    return [
      createSensorPoller(
        { clock, log },
        sensor,
        modbus.openSensor({ bus: sensor.bus, address: sensor.address, profile }),
      ),
    ];
  });
  const upstreams = configuration.upstreams.map((upstream) =>
    createHttpUpstream({ ...upstream, ...buffer, clock, random, log }),
  );
  return { buffer, quality, serial, modbus, outlets, inputs, cameras, controls, vision, sensors, upstreams };
}

async function compose(options: GatewayOptions): Promise<Composition> {
  const { configuration, log } = options;
  const clock = systemClock;
  const devices = await openDevices(options, clock);
  const { buffer, quality, outlets, inputs, cameras, vision, sensors, upstreams } = devices;
  const channels = [...outlets.values()].map(({ channel }) => channel);
  const isClockSynced = (): boolean => quality.current() === "synced";
  const record = (draft: EventDraft): void => {
    buffer.ledger.append(draft).catch((error: unknown) => {
      log.error({ code: errorCode(error), type: draft.type }, "an event could not be recorded");
    });
  };

  const { controls } = devices;
  const turnCamera = createCameraTurner({ controls, record, log });
  const upkeep = configuration.cameras.flatMap((camera) =>
    camera.onvif
      ? [
          createCameraUpkeep(
            { clock, random: Math.random, isClockSynced, control: controls.of(camera.id), record, log },
            camera,
            camera.onvif,
          ),
        ]
      : [],
  );

  const carried = await buffer.alarms.open();
  const rules = createRuleBook(
    { clock, timezone: configuration.site.timezone, isClockSynced, newAlarmId: randomUUID },
    configuration.rules,
    carried.map(({ id, rule, status }) => ({ id, rule, acknowledged: status === "acknowledged" })),
  );
  const desk = createBroadcastDesk({ ledger: buffer.ledger, log }, outlets);
  const recorder = createAlarmRecorder({ ledger: buffer.ledger, clock, random: Math.random, log });
  const alarmDesk = createAlarmDesk({
    ...buffer,
    recorder,
    snapshot: (camera) => village.snapshot(camera),
    log,
  });
  const alarmViews = createAlarmViews({ ...configuration, ...buffer, log }, () => village.touch());

  const lineDesk = createLineDesk({ ...buffer, snapshot: (camera) => village.snapshot(camera), clock, log });
  const timeline = createMovementRecorder({
    ...buffer,
    looks: vision.movement,
    clock,
    clockQuality: quality.current,
  });

  const parts: Part[] = [
    devices.serial,
    ...channels,
    devices.modbus,
    timeline,
    lineDesk,
    vision,
    ...cameras,
    ...sensors,
    ...inputs,
    controls,
    ...upkeep,
  ];
  const village = createVillage({
    ...configuration,
    companion: configuration.panel.companion,
    version: options.version,
    clock,
    isClockSynced,
    cameras: cameras.map((stream) => ({ ...stream, live: (signal) => createLiveViewer(stream.hub, signal) })),
    occupiedZones: vision.occupied,
    speakers: channels,
    sensors,
    inputs,
    alarms: alarmViews.current,
    upstreams: () => upstreams.map((upstream) => upstream.state()),
    parts: () => [
      ledgerHealth(buffer.ledger.fault()),
      ...parts.flatMap((part): PartHealth[] => (part.health ? [part.health()] : [])),
    ],
    ledger: buffer.ledger,
    commands: {
      async acknowledge(alarm, by) {
        await alarmDesk.acknowledge(alarm, by);
        rules.acknowledge(alarm);
      },
      async clear(alarm, by) {
        await alarmDesk.clear(alarm, by);
        rules.clear(alarm);
      },
      say: async (order) => desk.submit(order),
      silence: async (broadcast) => desk.silence(broadcast),
    },
  });
  const panel = createPanel({
    ...buffer,
    village,
    controls,
    clock,
    random: randomBytes,
    log,
    config: { ...configuration.panel, webFolder: options.webFolder },
  });

  // The one way: observations to rules, effects to horns and ledger.
  const changeOf = createChangeFilter();
  const observe = (observation: Observation): void => {
    rules.observe(observation);
    const change = changeOf(observation);
    if (change) record(change);
    village.touch();
  };
  rules.effects.on((effect) => {
    if (effect.kind === "look") {
      turnCamera(effect);
      return;
    }
    if (effect.kind !== "say") {
      void alarmDesk.record(effect);
      return;
    }
    const { rule, kind: _kind, ...say } = effect;
    desk.submit({ id: randomUUID(), source: { kind: "rule", name: rule }, priority: "rule", ...say });
  });
  for (const source of [vision, ...cameras, ...sensors, ...inputs]) source.observations.on(observe);
  for (const camera of cameras) camera.pictures.on(vision.submit);
  vision.crossings.on((crossing) => void lineDesk.record(crossing));
  for (const { observations } of sensors) {
    observations.on(({ sensor, value, quality, at }) => {
      buffer.readings.add({ sensor, at: isoTime(at.wallMs), value, quality });
    });
  }
  vision.armed.on(() => log.info({ cameras: cameras.length }, "armed"));

  // What the page shows follows.
  for (const { changes } of channels) changes.on(village.touch);
  for (const upstream of upstreams) upstream.onChange(() => void alarmViews.refresh());
  buffer.ledger.onAppend((event) => {
    if (event.class === "alarm") void alarmViews.refresh();
    village.touch();
  });

  return {
    outputs: channels,
    parts: [...parts, panel, ...upstreams],
    generatedPassword: await ensureAdministrator({
      accounts: buffer.accounts,
      password: options.adminPassword,
      random: randomBytes,
    }),
    url: panel.url,
    started() {
      record({ type: "org.cunshao.gateway.started", class: "state", data: { version: options.version } });
      void alarmViews.refresh();
      // Not waited for: a slow speech engine must not keep the rules from being armed.
      void desk.prepare(configuration.rules.flatMap(({ say, escalate }) => [...say, ...escalate]));
    },
    stopping: () => record({ type: "org.cunshao.gateway.stopping", class: "state", data: {} }),
    async close() {
      rules.stop();
      recorder.stop();
      await buffer.close();
    },
  };
}

function ledgerHealth(fault: string | undefined): PartHealth {
  return fault ? { name: "ledger", status: "degraded", reason: fault } : { name: "ledger", status: "ok" };
}

async function stopAll(parts: readonly Part[], log: Logger): Promise<void> {
  await Promise.all(
    parts.map(async (part) => {
      try {
        await within(systemClock, PART_STOP_MS, `stopping ${part.name}`, part.stop());
      } catch (error) {
        log.error({ part: part.name, code: errorCode(error), error: String(error) }, "a part did not stop");
      }
    }),
  );
}

// Opens what the gateway is made of, each for itself: buffer, devices, cameras, upstreams. gateway.ts joins them.
import { randomUUID } from "node:crypto";
import { createClipShelf } from "./act/clip-shelf.ts";
import { createLiveVoices } from "./act/live-voices.ts";
import { createMapDesk } from "./act/map-desk.ts";
import { openOutlets } from "./act/outlets.ts";
import { createProgrammeSheet } from "./act/programme-sheet.ts";
import { openProofOfSound } from "./act/proof-of-sound.ts";
import { openSwitchRelays } from "./act/switch-desk.ts";
import { clipsFolder, openBuffer } from "./buffer/buffer.ts";
import type { Configuration } from "./config/configuration.ts";
import { readMapTiles } from "./config/map-tiles.ts";
import { ANALYSED_PICTURES } from "./core/analysis.ts";
import type { ClipShelf } from "./core/clip-shelf.ts";
import type { Downlink } from "./core/delivery.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode } from "./core/errors.ts";
import type { EventDraft } from "./core/event.ts";
import type { Logger } from "./core/log.ts";
import type { ProfileCatalogue } from "./core/profiles.ts";
import { createRightOfWay } from "./core/right-of-way.ts";
import type { Rule } from "./core/site.ts";
import { recordingLimits, speakerLimits } from "./core/speaker-limits.ts";
import { thingsOn } from "./core/village-map.ts";
import type { VillageTime } from "./core/village-time.ts";
import { createAudio } from "./drivers/audio/audio.ts";
import { createMicrophone } from "./drivers/audio/microphone.ts";
import { soundFileLevels } from "./drivers/audio/sound-file-levels.ts";
import { createSoundMaker } from "./drivers/audio/sound-maker.ts";
import { bootId, uptimeMs } from "./drivers/clock/clock-source.ts";
import { createChildRegister, endOrphans } from "./drivers/ffmpeg/child-register.ts";
import { createMapPictureMaker } from "./drivers/ffmpeg/map-picture-maker.ts";
import { createMediaTools } from "./drivers/ffmpeg/media-tools.ts";
import { createMpeg1Tools } from "./drivers/ffmpeg/mpeg1-tools.ts";
import { createDrawMarks } from "./drivers/ffmpeg/picture-marks.ts";
import { createRemuxer } from "./drivers/ffmpeg/remux.ts";
import { createReportMaker } from "./drivers/ffmpeg/report-maker.ts";
import { createModbusBuses } from "./drivers/modbus/modbus-buses.ts";
import { createOwnPrograms } from "./drivers/node/own-program.ts";
import { createCameraControls } from "./drivers/onvif/camera-controls.ts";
import { createSerialDevices } from "./drivers/serial/serial-devices.ts";
import { createOutageLog } from "./forward/outage-log.ts";
import { createUpstreams, takersOfFiles } from "./forward/upstreams.ts";
import { createGuardDesk } from "./guard/guard-desk.ts";
import type { Heart } from "./guard/heart.ts";
import { createTrialDesk } from "./provision/zone-trial/trial-desk.ts";
import { createLineShapes } from "./sense/line-shapes.ts";
import { createMaskShapes } from "./sense/mask-shapes.ts";
import { openContacts } from "./sense/open-contacts.ts";
import { createSensorPoller } from "./sense/sensor-poller.ts";
import { createSensorTrial } from "./sense/sensor-trial.ts";
import { createZoneDesk } from "./sense/zone-desk.ts";
import { createCameraStream } from "./video/camera-stream.ts";
import { openFootage } from "./video/footage.ts";
import { createLiveView } from "./video/live-view.ts";
import { modelOf, openPersonModel } from "./vision/people/people.ts";
import { createVisionWatch } from "./vision/watch.ts";

/** The most that setpriority(2) knows: what may take hours takes nothing from what may not be late. */
const LAST_IN_LINE = 19;

export interface DeviceOptions {
  readonly configuration: Configuration;
  readonly profiles: ProfileCatalogue;
  readonly version: string;
  /** Everything the box writes. */
  readonly dataFolder: string;
  /** Where the model that comes with the program is. */
  readonly modelsFolder: string;
  /** Where the warnings are that come with the program. */
  readonly soundsFolder: string;
  readonly gpio: Gpio;
  readonly heart: Heart;
  /** Called once when the database shows itself damaged: the gateway is to be started anew, which sets it aside. */
  readonly onDamage: (error: Error) => void;
  readonly log: Logger;
}

/**
 * Everything that stands alone: the buffer, the devices and the children that drive them. Relays are opened, and so
 * switched off, before anything that may fail.
 */
export async function openDevices(options: DeviceOptions, quality: VillageTime) {
  const { configuration, profiles, version, dataFolder, modelsFolder, soundsFolder, heart, log } = options;
  const random = Math.random;
  const { clock } = quality;
  endOrphans(heart.childFolder, log);
  const children = { clock, log, register: createChildRegister(heart.childFolder) };
  const wire = { buses: configuration.buses, profiles, clock, random, log };
  const { gpio, serial, modbus } = heart.watching({
    gpio: options.gpio,
    serial: createSerialDevices(wire),
    modbus: createModbusBuses(wire),
  });
  let clips: ClipShelf | undefined;
  const speakers = speakerLimits(configuration.speakers, configuration.hornLimits);
  const audio = createAudio(children, {
    ...configuration.speech,
    recordings: configuration.recordings,
    maxRecording: recordingLimits(configuration),
    dataFolder,
    soundsFolder,
    clipsFolder: clipsFolder(dataFolder),
    replacing: (text) => clips?.replacing(text),
  });
  const voices = createLiveVoices({ clock });

  // Before anything that may fail: opening a relay switches it off.
  const outlets = await openOutlets(
    { gpio, serial, modbus, ...audio, voices, clock, log },
    configuration.speakers,
  );
  const switchRelays = await openSwitchRelays({ gpio, serial, modbus, clock, log }, configuration.switches);
  const inputs = await openContacts({ gpio, clock, log }, configuration.inputs);
  const buffer = await openBuffer({
    dataFolder,
    siteId: configuration.site.id,
    bootId: bootId(),
    clock,
    random,
    log,
    clockQuality: quality.current,
    timeSource: quality.source,
    uptimeMs,
    onDamage: options.onDamage,
    keeping: { plan: configuration.storage, upstreams: takersOfFiles(configuration.upstreams) },
  });

  const isClockSynced = (): boolean => quality.current() === "synced";
  const programmeSheet = createProgrammeSheet(
    {
      ...{ clock, outlets },
      timezone: configuration.site.timezone,
      limits: configuration.hornLimits,
      ledger: buffer.ledger,
      clipOf: async (id) => clips?.contentOf(id),
    },
    configuration.programmes,
    await buffer.programmeBook.written(),
  );
  clips = createClipShelf(
    {
      ...buffer,
      store: buffer.clipStore,
      maker: createSoundMaker(children),
      clock,
      isClockSynced,
      newId: randomUUID,
      usedBy: (clip) =>
        programmeSheet
          .current()
          .flatMap(({ name, content }) => (content.kind === "clip" && content.clip === clip ? [name] : [])),
      speakers,
      log,
    },
    { ...configuration.clips, keepFreeBytes: configuration.storage.keepFreeBytes },
  );

  /** For what has happened already and nobody waits to see recorded. */
  const record = (draft: EventDraft): void => {
    buffer.ledger.append(draft).catch((error: unknown) => {
      log.error({ code: errorCode(error), type: draft.type }, "an event could not be recorded");
    });
  };

  const { detector } = configuration;
  const startProgram = createOwnPrograms(children);
  const model = openPersonModel({ clock, startProgram }, detector, modelsFolder);
  const media = createMediaTools(children);
  const drawn = await buffer.shapeBook.drawn();
  const masks = createMaskShapes(buffer, configuration.cameras, configuration.rules, drawn.masks);
  const cameras = configuration.cameras.map((camera) =>
    createCameraStream(
      { media, clock, random, log },
      { ...camera, privacy: masks.privacyOf(camera.id) },
      {
        ...ANALYSED_PICTURES,
        colour: model !== undefined,
        needsSecond: configuration.rules.some(({ when }) => "camera" in when && when.camera === camera.id),
      },
    ),
  );
  const controls = createCameraControls(
    { clock },
    configuration.cameras,
    (camera) => masks.privacyOf(camera)?.by === "box",
  );
  const live = createLiveView(
    { mpeg1: createMpeg1Tools(children), clock, log },
    cameras.map(({ camera, main, sub }) => ({ id: camera.id, main, sub })),
  );
  const vision = createVisionWatch(
    {
      clock,
      log,
      ...(model && detector.kind === "people" && { people: { model, coreShare: detector.share } }),
    },
    configuration.cameras,
    ANALYSED_PICTURES,
  );
  const sensors = configuration.sensors.flatMap((sensor) => {
    const profile = profiles.sensors.get(sensor.profile);
    if (!profile) return [];
    return [
      createSensorPoller(
        { clock, isClockSynced, readings: buffer.readings, log },
        sensor,
        modbus.openSensor({ bus: sensor.bus, address: sensor.address, profile }),
      ),
    ];
  });
  const proof = await openProofOfSound(
    {
      ...buffer,
      microphoneFor: (wiring) => createMicrophone(children, wiring),
      soundLevels: soundFileLevels,
      sensorFor(id) {
        const sensor = configuration.sensors.find((one) => one.id === id);
        const profile = sensor && profiles.sensors.get(sensor.profile);
        return profile && modbus.openSensor({ bus: sensor.bus, address: sensor.address, profile });
      },
      deviceProbeOf: (speaker) => outlets.get(speaker)?.probe,
      isClockSynced: () => quality.current() === "synced",
      newId: randomUUID,
      record,
      clock,
      log,
    },
    configuration,
    [...outlets.values()].map(({ channel }) => channel),
  );
  const zones = createZoneDesk({ ...buffer, record, sensors, log }, configuration.cameras, drawn.zones);
  zones.changes.on((camera) => vision.setZones(camera, zones.zonesOf(camera)));
  const lines = createLineShapes(buffer, configuration.cameras, configuration.rules, drawn.lines);
  for (const { id } of configuration.cameras) vision.setLines(id, lines.of(id));
  lines.changes.on((camera) => vision.setLines(camera, lines.of(camera)));
  masks.changes.on((changed) => {
    cameras.find(({ camera }) => camera.id === changed)?.paint(masks.privacyOf(changed));
    vision.remasked(changed);
  });
  const footage = await openFootage({
    ...configuration,
    // Evidence never costs a session of its own: of the main stream only where that is recorded anyway.
    cameras: cameras.map(({ camera, main, sub }) =>
      camera.record && camera.record.mode !== "off"
        ? { camera, hub: main.hub, stream: "main" }
        : { camera, hub: sub.hub, stream: "sub" },
    ),
    segments: buffer.recordings,
    remuxer: createRemuxer(children),
    record,
    version,
    dataFolder,
    clock,
    isClockSynced,
    log,
  });
  /** @param rules as they are at each trial. */
  const openZoneTrials = (rules: () => readonly Rule[]) =>
    createTrialDesk(
      {
        ...buffer,
        ...footage,
        zones,
        lines,
        segments: buffer.recordings,
        startProgram,
        program: new URL("./zone-trial-program.js", import.meta.url),
        clock,
        newId: randomUUID,
        log,
      },
      {
        site: configuration.site,
        rules,
        model: modelOf(detector, modelsFolder),
        niceness: LAST_IN_LINE,
      },
    );
  const { tiles, fault } = await readMapTiles(configuration.map.tiles);
  if (fault !== undefined) log.warn({ fault }, "the map has no tiles");
  const map = createMapDesk(
    { ...buffer, files: buffer.mapFiles, maker: createMapPictureMaker(children), newId: randomUUID, log },
    {
      ...configuration.storage,
      things: thingsOn(configuration),
      tiles,
    },
    await buffer.mapBook.kept(),
  );
  let obeying: Downlink | undefined;
  const downlink: Downlink = {
    commands: async (upstream, commands) => obeying?.commands(upstream, commands),
    time: (upstream, wallMs) => obeying?.time(upstream, wallMs),
  };
  const rightOfWay = createRightOfWay(clock);
  const upstreams = createUpstreams(
    { ...buffer, downlink, rightOfWay, clock, onTime: quality.tell, random, log },
    { ...configuration, siteId: configuration.site.id, version },
  );
  return {
    buffer,
    /** From now on what comes down from an upstream is handed to `desk`. */
    obey(desk: Downlink): void {
      obeying = desk;
    },
    guard: createGuardDesk({ ...buffer, log }, heart),
    footage,
    quality,
    /** What has to be started for the horns, after them. */
    soundParts: [...audio.parts, clips],
    clips,
    programmeSheet,
    speech: audio.speech,
    serial,
    modbus,
    outlets,
    proof,
    voices,
    switchRelays,
    inputs,
    media,
    drawMarks: createDrawMarks(children),
    reportMaker: createReportMaker(children),
    map,
    cameras,
    controls,
    live,
    vision,
    analysis: () =>
      cameras.map(({ camera, attention }) => ({
        camera: camera.id,
        ...attention.figures(),
        ...vision.figures(camera.id),
      })),
    sensors,
    sensorTrial: createSensorTrial(
      { openSensor: (sensor) => modbus.openSensor({ ...sensor, insists: true }), clock },
      { ...configuration, profiles: profiles.sensors },
    ),
    zones,
    lines,
    masks,
    openZoneTrials,
    record,
    rightOfWay,
    upstreams,
    outageLog: createOutageLog({ ...upstreams, record, clock }),
  };
}

// hw/virtual/kit: the virtual village put together: cameras, amplifiers, sensors, township, and the page to play with
// them. May use everything in hw/virtual and node builtins; it starts the gateway as a process of its own.
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GatewayError } from "../../../src/core/errors.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { serveBoard } from "../board/board-server.ts";
import { createVirtualBoard } from "../board/virtual-board.ts";
import { createVirtualHorn } from "../horn/virtual-horn.ts";
import { freeUdpPort, type HornFault, openEar } from "../horn/virtual-microphone.ts";
import { createRadarLevelSensor, createSubmersibleLevelSensor } from "../modbus/level-sensor.ts";
import { createRainGauge } from "../modbus/rain-gauge.ts";
import { createRtuLine } from "../modbus/rtu-line.ts";
import { serveModbusTcp } from "../modbus/serve-modbus-tcp.ts";
import { createRtspServer } from "../rtsp/server.ts";
import { BANK_ZONE, createPondScene } from "../scene/pond.ts";
import { createRoadScene } from "../scene/road.ts";
import { createSceneSource } from "../scene/scene-source.ts";
import { createSquareScene } from "../scene/square.ts";
import type { ByteDevice } from "../serial/byte-device.ts";
import { createDfplayerModule } from "../serial/dfplayer-module.ts";
import { createLcusRelayBoard } from "../serial/lcus-relay-board.ts";
import { servePty } from "../serial/serve-pty.ts";
import { serveTcp } from "../serial/serve-tcp.ts";
import { createFibre } from "../township/fibre.ts";
import { createTownship } from "../township/township.ts";
import type { AmplifierView, KitView } from "./amplifier-view.ts";
import { LINES, SLUICE_TRACK, type VillageWiring } from "./site-file.ts";

const HOST = "127.0.0.1";
const CHIP = "virtual-gpio";
const SLUICE_SECONDS = 4;
const NEWEST_SHOWN = 8;
/** A microphone on the pole: a little late, with an echo from the houses and a quiet evening around. */
const EAR = { delayMs: 120, echo: { share: 0.3, afterMs: 90 }, noise: 60 };

export type HeardHorn = "pond" | "square";
export const USUAL_POND_METRES = 2.4;
/** So that there is something to see: a tip of 0.2 mm each minute. */
const USUAL_RAIN_MM_PER_HOUR = 12;

export interface VirtualVillage {
  /** Starts every device and tells where it can be reached; `kitUrl` is filled in by the caller. */
  start(): Promise<Omit<VillageWiring, "kitUrl">>;
  stop(): Promise<void>;
  view(): KitView;
  /** Calls when `view()` may have changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** WAV of a sound that `view()` names. */
  sound(amplifier: string, sound: number): Buffer | undefined;
  setPondLevel(metres: number): void;
  setReservoirLevel(metres: number): void;
  setRain(mmPerHour: number): void;
  unplugCamera(id: string): void;
  plugCamera(id: string): void;
  /** Something breaks between an amplifier and its horn, or is mended. */
  breakHorn(id: HeardHorn, fault: HornFault): void;
  pressSos(): void;
  releaseSos(): void;
  cutFibre(how: "reset" | "blackhole"): void;
  mendFibre(): void;
  /** Somebody walks to the pond now; false when he is already on his way. */
  summonWalker(): boolean;
  /** Calls with `performance.now()` of the first picture in which a walker is on the bank. */
  onWalkerEnters(listener: (capturedAtMs: number) => void): () => void;
  /** Calls when an amplifier can first be heard, with `performance.now()`. */
  onSound(listener: (sound: { readonly amplifier: string; readonly atMs: number }) => void): () => void;
  readonly boardSocket: string;
}

/** @param folder where the township keeps what it got. */
export async function createVirtualVillage(folder: string): Promise<VirtualVillage> {
  const runFolder = await mkdtemp(join(tmpdir(), "cunshao-kit-"));
  const changed = createSignal<void>();
  const sounds = createSignal<{ amplifier: string; atMs: number }>();
  const townshipToken = randomBytes(24).toString("hex");

  const pondScene = createPondScene({ caption: { name: "东塘" } });
  const rtsp = createRtspServer({ host: HOST, port: 0 });
  const pondLogin = { username: "admin", password: randomBytes(9).toString("base64url") };
  const cameras = [
    {
      id: "pond",
      name: "东塘",
      scene: pondScene,
      login: pondLogin,
      zones: [{ id: "bank", name: "塘埂", polygon: BANK_ZONE }],
    },
    { id: "road", name: "村口路", scene: createRoadScene({ caption: { name: "村口路" } }), zones: [] },
    {
      id: "square",
      name: "文化广场",
      scene: createSquareScene({ caption: { name: "文化广场" } }),
      zones: [],
    },
  ].map((camera) => ({ ...camera, source: createSceneSource(camera.scene), plugged: true }));
  for (const { id, source, login } of cameras) {
    rtsp.mount(`/${id}`, source, { login });
    rtsp.mount(`/${id}/sub`, source, { login });
  }

  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const boardSocket = join(runFolder, "board.sock");
  const pondHorn = createVirtualHorn({ host: HOST, port: 0, settleMs: 250 });
  const squareHorn = createVirtualHorn({ host: HOST, port: 0, settleMs: 400 });
  const horns = { pond: pondHorn, square: squareHorn };
  const ears = new Map<HeardHorn, ReturnType<typeof openEar>>();
  const relayBoard = createLcusRelayBoard(2);
  const voiceModule = createDfplayerModule({ tracks: new Map([[SLUICE_TRACK, SLUICE_SECONDS * 1000]]) });
  const pondProbe = createSubmersibleLevelSensor({ levelMetres: USUAL_POND_METRES });
  const reservoirRadar = createRadarLevelSensor({ mountedAtMetres: 12, levelMetres: 6.8 });
  const rainGauge = createRainGauge({ unit: 2 });
  const township = createTownship({
    host: HOST,
    port: 0,
    folder: join(folder, "township"),
    token: townshipToken,
  });

  const levels = { pond: USUAL_POND_METRES, reservoir: 6.8 };
  let rainMmPerHour = USUAL_RAIN_MM_PER_HOUR;
  let sosPressed = false;
  let sluiceRelayOn = false;
  const siren = { on: false, timesOn: 0 };
  let lastTrack: { at: string; track: number } | undefined;
  const newest: { event: LedgerEvent; receivedAt: string }[] = [];
  const stops: (() => Promise<void> | void)[] = [];
  let fibre = createFibre({ listenPort: 0, targetHost: HOST, targetPort: 1 });

  board.onOutput(({ line, level }) => {
    // The pond's relay board is active low, the sluice's active high.
    if (line === LINES.pondRelay) pondHorn.setPowered(level === 0);
    if (line === LINES.sluiceRelay) sluiceRelayOn = level === 1;
    if (line === LINES.siren) {
      if (level === 1 && !siren.on) siren.timesOn++;
      siren.on = level === 1;
    }
    changed.emit();
  });
  relayBoard.onChange(({ channel, on }) => {
    if (channel === 1) squareHorn.setPowered(on);
    changed.emit();
  });
  voiceModule.onChange(({ playing }) => {
    if (playing !== undefined) {
      lastTrack = { at: new Date().toISOString(), track: playing };
      if (sluiceRelayOn) sounds.emit({ amplifier: "sluice", atMs: performance.now() });
    }
    changed.emit();
  });
  for (const [amplifier, horn] of Object.entries(horns)) {
    horn.onSound((atMs) => {
      sounds.emit({ amplifier, atMs });
      changed.emit();
    });
  }
  township.onEvent((event) => {
    newest.unshift({ event, receivedAt: new Date().toISOString() });
    newest.length = Math.min(newest.length, NEWEST_SHOWN);
    changed.emit();
  });

  function camera(id: string): (typeof cameras)[number] {
    const found = cameras.find((candidate) => candidate.id === id);
    if (!found) throw new RangeError(`The village has no camera ${id}`);
    return found;
  }

  function setPlugged(id: string, plugged: boolean): void {
    const target = camera(id);
    if (target.plugged === plugged) return;
    target.plugged = plugged;
    for (const path of [`/${id}`, `/${id}/sub`]) plugged ? rtsp.plug(path) : rtsp.unplug(path);
    changed.emit();
  }

  function hornView(id: HeardHorn, name: string, wiring: string, horn: typeof pondHorn): AmplifierView {
    const state = horn.state();
    const last = horn.utterances().at(-1);
    return {
      id,
      name,
      wiring,
      relayOn: state.powered,
      sounding: state.soundingSince !== undefined,
      fault: ears.get(id)?.fault ?? "none",
      ...(last && {
        last: {
          at: new Date(last.startedWallMs).toISOString(),
          seconds: last.durationMs / 1000,
          clipped: last.clipped,
          sound: last.number,
        },
      }),
    };
  }

  return {
    boardSocket,
    onChange: changed.on,
    onSound: sounds.on,
    onWalkerEnters: pondScene.onWalkerEnters,
    summonWalker: pondScene.summonWalker,
    async start() {
      await mkdir(folder, { recursive: true });
      stops.push(() => rm(runFolder, { recursive: true, force: true }));
      for (const { source } of cameras) {
        await source.start();
        stops.push(() => source.stop());
      }
      const { port: rtspPort } = await rtsp.start();
      stops.push(() => rtsp.stop());
      const boardServer = await serveBoard(board, { socketPath: boardSocket });
      stops.push(() => boardServer.stop());
      const pondHornPort = (await pondHorn.start()).port;
      stops.push(() => pondHorn.stop());
      const squareHornPort = (await squareHorn.start()).port;
      stops.push(() => squareHorn.stop());
      const microphonePorts = { pond: await freeUdpPort(HOST), square: await freeUdpPort(HOST) };
      for (const [id, horn] of Object.entries(horns)) {
        const ear = openEar(horn, { ...EAR, host: HOST, port: microphonePorts[id as HeardHorn] });
        ears.set(id as HeardHorn, ear);
        stops.push(() => ear.stop());
      }
      const relayServer = await serveTcp(relayBoard, { host: HOST, port: 0 });
      const voiceLine = await serveLine(voiceModule);
      const levelLine = await serveLine(createRtuLine([pondProbe, rainGauge]));
      const radarServer = await serveModbusTcp(reservoirRadar, { host: HOST, port: 0 });
      stops.push(
        () => relayServer.stop(),
        () => voiceLine.stop(),
        () => levelLine.stop(),
        () => radarServer.stop(),
      );
      rainGauge.setRainMmPerHour(rainMmPerHour);
      stops.push(
        () => voiceModule.powerOff(),
        () => rainGauge.powerOff(),
      );
      await township.start();
      stops.push(() => township.stop());
      fibre = createFibre({ listenPort: 0, targetHost: HOST, targetPort: township.port });
      await fibre.start();
      stops.push(() => fibre.stop());
      return {
        cameras: cameras.map(({ id, name, login, zones }) => ({
          id,
          name,
          url: `rtsp://${HOST}:${rtspPort}/${id}`,
          login,
          zones,
        })),
        chip: CHIP,
        pondHornPort,
        squareHornPort,
        microphonePorts,
        relayBoardPort: `tcp://${HOST}:${relayServer.port}`,
        voiceModulePort: voiceLine.port,
        levelBusPort: levelLine.port,
        reservoirPort: `tcp://${HOST}:${radarServer.port}`,
        townshipUrl: `http://${HOST}:${fibre.port}`,
        townshipToken,
      };
    },
    async stop() {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
    view() {
      const { ledgers, evidence } = township.summary();
      return {
        cameras: cameras.map(({ id, name, plugged }) => ({
          id,
          name,
          plugged,
          viewers: rtsp.players(`/${id}`) + rtsp.players(`/${id}/sub`),
        })),
        amplifiers: [
          hornView("pond", "东塘喇叭", "GPIO 继电器（低电平有效） · RTP L16", pondHorn),
          hornView("square", "广场喇叭", "串口继电器 LCUS · RTP PCMA", squareHorn),
          {
            id: "sluice",
            name: "水闸喇叭",
            wiring: "GPIO 继电器 · 语音模块 DFPlayer",
            relayOn: sluiceRelayOn,
            sounding: voiceModule.playing !== undefined && sluiceRelayOn,
            ...(lastTrack && { last: { ...lastTrack, seconds: SLUICE_SECONDS, clipped: false } }),
          },
        ],
        switches: [{ id: "siren", name: "广场警报器", wiring: "GPIO 继电器", ...siren }],
        pondLevelMetres: levels.pond,
        reservoirLevelMetres: levels.reservoir,
        rainMmPerHour,
        fibre: fibre.mode,
        sosPressed,
        township: {
          events: ledgers.reduce((sum, { events }) => sum + events, 0),
          evidence,
          gaps: ledgers.reduce((sum, { gaps }) => sum + gaps.length, 0),
          chainOk: ledgers.every(({ chainOk }) => chainOk),
          newest: newest.map(({ event: { id, seq, type }, receivedAt }) => ({ id, seq, type, receivedAt })),
        },
      };
    },
    sound(amplifier, sound) {
      const horn = new Map([
        ["pond", pondHorn],
        ["square", squareHorn],
      ]).get(amplifier);
      return horn
        ?.utterances()
        .find(({ number }) => number === sound)
        ?.wav();
    },
    setPondLevel(metres) {
      levels.pond = metres;
      pondProbe.setLevelMetres(metres);
      pondScene.setWaterLevelMetres(metres);
      changed.emit();
    },
    setReservoirLevel(metres) {
      levels.reservoir = metres;
      reservoirRadar.setLevelMetres(metres);
      changed.emit();
    },
    setRain(mmPerHour) {
      rainMmPerHour = mmPerHour;
      rainGauge.setRainMmPerHour(mmPerHour);
      changed.emit();
    },
    unplugCamera: (id) => setPlugged(id, false),
    plugCamera: (id) => setPlugged(id, true),
    breakHorn(id, fault) {
      ears.get(id)?.setFault(fault);
      changed.emit();
    },
    pressSos() {
      sosPressed = true;
      board.press({ chip: CHIP, line: LINES.sosButton });
      changed.emit();
    },
    releaseSos() {
      sosPressed = false;
      board.release({ chip: CHIP, line: LINES.sosButton });
      changed.emit();
    },
    cutFibre(how) {
      fibre.cut(how);
      changed.emit();
    },
    mendFibre() {
      fibre.mend();
      changed.emit();
    },
  };
}

/** A pty where the machine has them; a serial server on loopback in containers without. */
async function serveLine(device: ByteDevice): Promise<{ readonly port: string; stop(): Promise<void> }> {
  try {
    const { path, stop } = await servePty(device);
    return { port: path, stop };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { port, stop } = await serveTcp(device, { host: HOST, port: 0 });
    return { port: `tcp://${HOST}:${port}`, stop };
  }
}

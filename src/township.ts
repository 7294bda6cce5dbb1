// `cunshao township FILE`: the desk of a township as a process. Composes desk/, reverse/, pull/, buffer/ and panel/; called by cli.ts.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { Agent } from "node:http";
import { join } from "node:path";
import { createMapDesk } from "./act/map-desk.ts";
import { openBuffer } from "./buffer/buffer.ts";
import { openPulledCopy } from "./buffer/copies/pulled-copy.ts";
import { openTownshipBook } from "./buffer/copies/township-book.ts";
import { lockDataFolder } from "./config/data-folder-lock.ts";
import type { Environment } from "./config/environment.ts";
import { findProgram } from "./config/installed-program.ts";
import { readMapTiles } from "./config/map-tiles.ts";
import { formatProblem } from "./config/problems.ts";
import { sharesFault } from "./config/storage-fit.ts";
import { loadTownship, type Township, type TownshipBox } from "./config/township.ts";
import type { BoxRoad } from "./core/box-road.ts";
import type { ChannelLane } from "./core/desk-channel.ts";
import { errorCode, errorMessage } from "./core/errors.ts";
import type { EventDraft } from "./core/event.ts";
import type { Logger } from "./core/log.ts";
import { type Clock, systemClock } from "./core/time.ts";
import type { BoxDoor } from "./core/township-desk.ts";
import { openDeskCursor } from "./desk/desk-cursor.ts";
import { createTownshipDesk } from "./desk/township-desk.ts";
import { createChildRegister } from "./drivers/ffmpeg/child-register.ts";
import { createMapPictureMaker } from "./drivers/ffmpeg/map-picture-maker.ts";
import {
  EXIT,
  makeDataFolder,
  packageVersion,
  printProblems,
  projectFolder,
  type Running,
  runUntilSignal,
} from "./main.ts";
import { ensureAdministrator } from "./panel/administrator.ts";
import { createDeskPanel } from "./panel/desk/desk-server.ts";
import { createPuller } from "./pull/puller.ts";
import { directRoad } from "./pull/trust.ts";
import { createDeskEnd, type DeskEnd } from "./reverse/desk-end.ts";
import { stopParts } from "./stop-parts.ts";

/** From so many boxes what waits is transferred at the same time. */
const AT_ONCE = 16;
/** People at the desk who look at one village: each picture is a connection. */
const MOST_SOCKETS = 64;
/**
 * Of the events of one village: as fast as they come what it writes in a month; beyond that some twenty a second, so that one which
 * writes without end costs the others nothing.
 */
const EVENT_PACE = { burstBytes: 128 * 1024 * 1024, bytesPerSecond: 16 * 1024 };
/** Of the disk, for what the villages tell. */
const KEEP_FREE_BYTES = 1e9;

/** All else of the desk does without. */
const NO_FFMPEG =
  "ffmpeg is not installed: no picture can be brought in for the map; run: sudo apt-get install ffmpeg";

export interface TownshipOptions {
  readonly isCheck: boolean;
  /** Folders of programs, as in PATH. */
  readonly programPath: string;
  readonly environment: Environment;
}

/** Runs until SIGTERM or SIGINT; resolves with the exit code. What goes wrong is one line on stderr. */
export async function runTownship(
  file: string,
  { isCheck, programPath, environment }: TownshipOptions,
): Promise<number> {
  const loaded = await loadTownship(file);
  if (!loaded.ok) {
    printProblems(loaded.problems.map(formatProblem));
    return EXIT.config;
  }
  if (isCheck) {
    const { fault } = await readMapTiles(loaded.township.map?.tiles);
    if (fault !== undefined) {
      printProblems([fault]);
      return EXIT.config;
    }
    const tooMuch = await sharesFault(loaded.township);
    if (tooMuch !== undefined) process.stderr.write(`cunshao: ${tooMuch}\n`);
    if ((await findProgram(programPath, "ffmpeg")) === undefined)
      process.stderr.write(`cunshao: ${NO_FFMPEG}\n`);
    process.stdout.write(`${file}: in order\n`);
    return EXIT.ok;
  }
  const { panel } = loaded.township;
  const township = {
    ...loaded.township,
    panel: { ...panel, host: environment.host ?? panel.host, port: environment.port ?? panel.port },
  };
  return runUntilSignal(async (log) => {
    await makeDataFolder(township.dataFolder);
    // For as long as the process lives.
    await lockDataFolder(township.dataFolder);
    const running = await startTownship(township, environment.adminPassword, log);
    const login = running.generatedPassword
      ? `  账号 admin  密码 ${running.generatedPassword}（只显示这一次）`
      : "";
    process.stdout.write(`村哨 ${running.url() ?? ""}${login}\n`);
    return running;
  });
}

export interface RunningTownship extends Running {
  readonly generatedPassword: string | undefined;
  /** Resolves when nothing can be kept any more. */
  readonly broken: Promise<unknown>;
  url(): string | undefined;
}

/** The desk itself, once its configuration is read. */
export async function startTownship(
  township: Township,
  adminPassword: string | undefined,
  log: Logger,
  clock: Clock = systemClock,
): Promise<RunningTownship> {
  const { desk: about, boxes, panel: listening, dataFolder, mostFileBytes, mostEventBytes } = township;
  const tooMuch = await sharesFault(township);
  if (tooMuch !== undefined) log.warn({ fault: tooMuch }, "the shares of the villages may fill the disk");
  const buffer = await openBuffer({
    dataFolder,
    siteId: about.id,
    bootId: randomUUID(),
    ...{ clock, log, random: Math.random, clockQuality: () => "synced" },
  });
  const copy = await openPulledCopy({
    folder: join(dataFolder, "pulled"),
    format: "sqlite",
    newHolder: () => randomBytes(12).toString("hex"),
  });
  const book = await openTownshipBook(join(dataFolder, "pulled/township.sqlite"));
  const deskEnd = createDeskEnd({ clock, log });
  const roads = new Map(boxes.map((box) => [box.id, roadTo(box, deskEnd)]));
  const doors = new Map<string, BoxDoor>(
    boxes.map(({ id, token }) => {
      const road = roads.get(id) as BoxRoad;
      const open = (lane: ChannelLane): Agent => road.openAgent({ maxSockets: MOST_SOCKETS, lane });
      return [id, { url: road.url, token, agent: open("main"), pictureAgent: open("pictures") }];
    }),
  );
  const record = (draft: EventDraft): void => {
    buffer.ledger.append(draft).catch((error: unknown) => {
      log.error({ code: errorCode(error), type: draft.type, error: errorMessage(error) }, "not recorded");
    });
  };
  const cursor = await openDeskCursor(
    {
      book,
      newWord: () => randomBytes(4).toString("hex"),
      onLeft: (from, to) =>
        record({ type: "org.cunshao.desk.cursor_left", class: "audit", data: { from, to } }),
      clock,
    },
    { desk: about.id, copy: copy.holder },
  );
  const desk = createTownshipDesk(
    {
      copy,
      book,
      cursor,
      openPull: (into) =>
        createPuller(
          { copy: into, cursor, clock, random: Math.random },
          {
            boxes: boxes.map(({ id, token }) => {
              const road = roads.get(id) as BoxRoad;
              return { id, site: id, token, url: road.url, road };
            }),
            atOnce: AT_ONCE,
            takeOver: false,
            withFiles: true,
            follow: true,
            tries: 1,
            mostFileBytes,
            events: { mostBytes: mostEventBytes, ...EVENT_PACE },
          },
        ),
      doorTo: (id) => doors.get(id) as BoxDoor,
      channels: deskEnd,
      record,
      newId: randomUUID,
      clock,
      log,
    },
    { desk: about, version: packageVersion(), boxes: boxes.map(asVillage), mostFileBytes, mostEventBytes },
  );
  const byDigest = new Map(
    boxes.filter(({ reach }) => reach === "reverse").map(({ id, token }) => [digestOf(token), id]),
  );
  const { tiles, fault } = await readMapTiles(township.map?.tiles);
  if (fault !== undefined) log.warn({ fault }, "the map has no tiles");
  const children = { clock, log, register: createChildRegister(join(dataFolder, "children")) };
  const map = createMapDesk(
    { ...buffer, files: buffer.mapFiles, maker: createMapPictureMaker(children), newId: randomUUID, log },
    {
      things: boxes.map(({ id }) => ({ kind: "village", id })),
      tiles,
      keepFreeBytes: KEEP_FREE_BYTES,
    },
    await buffer.mapBook.kept(),
  );
  const panel = createDeskPanel({
    ...buffer,
    desk,
    map,
    channels: {
      // Looking a digest up tells nothing by its time: who could choose a digest would know the token.
      boxOf: (token) => byDigest.get(digestOf(token)),
      admit: deskEnd.admit,
      turnAway: deskEnd.turnAway,
      accept: deskEnd.accept,
    },
    clock,
    random: randomBytes,
    log,
    config: {
      ...listening,
      webFolder: join(projectFolder(), "dist/web"),
      tokens: [],
      tlsFolder: join(dataFolder, "tls"),
    },
  });
  const generatedPassword = await ensureAdministrator({
    accounts: buffer.accounts,
    password: adminPassword,
    random: randomBytes,
  });
  await map.start();
  await desk.start();
  await panel.start();
  record({ type: "org.cunshao.desk.started", class: "state", data: { version: packageVersion() } });
  return {
    generatedPassword,
    broken: new Promise((resolve) => desk.broken.on(resolve)),
    url: panel.url,
    async stop() {
      await stopParts([panel], log);
      deskEnd.stop();
      await stopParts([desk], log);
      for (const { agent, pictureAgent } of doors.values())
        for (const each of [agent, pictureAgent]) each.destroy();
      await copy.close();
      await book.close();
      await buffer.close();
    },
  };
}

function roadTo({ id, reach }: TownshipBox, deskEnd: DeskEnd): BoxRoad {
  return reach === "reverse" ? deskEnd.roadTo(id) : directRoad(reach.url, reach);
}

function asVillage({ id, name, location, reach }: TownshipBox) {
  return { id, name, location, reach: reach === "reverse" ? "reverse" : "direct" } as const;
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

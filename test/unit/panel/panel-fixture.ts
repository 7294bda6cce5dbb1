import { randomBytes, scryptSync } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createDutyDesk } from "../../../src/act/duty-desk.ts";
import { createProgrammeDesk } from "../../../src/act/programme-desk.ts";
import { createCommandDesk } from "../../../src/command/command-desk.ts";
import type { CommandDesk } from "../../../src/core/command.ts";
import type { LiveView } from "../../../src/core/live.ts";
import type { TalkDesk } from "../../../src/core/live-voice.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { ReadingObservation } from "../../../src/core/observation.ts";
import type { Programme } from "../../../src/core/programme.ts";
import type { ReportMaker } from "../../../src/core/report.ts";
import type { SensorTrial } from "../../../src/core/set-up.ts";
import { createSignal } from "../../../src/core/signals.ts";
import type { DutyTurn, Line, Privacy, Rule } from "../../../src/core/site.ts";
import type { SpeakerLimit } from "../../../src/core/speaker-limits.ts";
import { type Clock, systemClock } from "../../../src/core/time.ts";
import type { MapPictureMaker, MapTiles } from "../../../src/core/village-map.ts";
import type { WiringView } from "../../../src/core/wiring.ts";
import type { ZoneTrialDesk } from "../../../src/core/zone-trial.ts";
import type { PanelConfig } from "../../../src/panel/context.ts";
import { buildServer } from "../../../src/panel/server.ts";
import { createPauseDesk } from "../../../src/rules/pause-desk.ts";
import { createLineShapes } from "../../../src/sense/line-shapes.ts";
import { createMaskShapes } from "../../../src/sense/mask-shapes.ts";
import { createZoneDesk } from "../../../src/sense/zone-desk.ts";
import { createLiveView } from "../../../src/video/live-view.ts";
import { createAccountsDouble, createLocksDouble, createTokensDouble } from "../../support/access-doubles.ts";
import { createCameraControlsDouble } from "../../support/camera-controls-double.ts";
import { createCameraHealthDouble } from "../../support/camera-health-double.ts";
import { createClipsDouble } from "../../support/clips-double.ts";
import { createDrillsDouble } from "../../support/drills-double.ts";
import { createFootageDouble } from "../../support/footage-double.ts";
import { createLessonsDouble } from "../../support/lessons-double.ts";
import { createStreamDouble } from "../../support/live-double.ts";
import { createMapDouble, simpleMapMaker } from "../../support/map-double.ts";
import { createTestSheet } from "../../support/programme-sheet-rig.ts";
import { createReportsDouble, simpleReportMaker } from "../../support/reports-double.ts";
import { createRulesDouble, type RulesOf } from "../../support/rules-double.ts";
import { createSetUpDouble } from "../../support/set-up-double.ts";
import { createSpeechDouble } from "../../support/speech-double.ts";
import {
  createCrossingsDouble,
  createCursorsDouble,
  createEvidenceDouble,
  createLedgerDouble,
  createMonthEventsDouble,
  createMovementDouble,
  createOutboxDouble,
  createReadingsDouble,
} from "../../support/stores-double.ts";
import { createTalkRig } from "../../support/talk-rig.ts";
import { createUpstreamsDouble } from "../../support/upstreams-double.ts";
import { createVillageDouble } from "../../support/village-double.ts";
import { createZoneTrialsRig } from "../../support/zone-trials-double.ts";
import { createMediaDouble } from "../video/media-double.ts";

export const PASSWORD = "correct horse battery";
/** Of `PASSWORD`, at next to no cost: hundreds of tests log in, and what a log-in costs in the field is no matter of theirs. */
export const PASSWORD_HASH = lightHash(PASSWORD);
export const ADMIN = { username: "admin", passwordHash: PASSWORD_HASH, role: "administrator" } as const;
export const TOKEN = "township-token";
/** Of the page, as the build leaves it, shrunk beside it. */
export const PAGE_SCRIPT = "export {};";
/** Every day at half past six. */
export const BELL: Programme = {
  id: "bell",
  name: "早铃",
  days: [1, 2, 3, 4, 5, 6, 7],
  minutes: [6 * 60 + 30],
  content: { kind: "text", text: "早上好" },
  speakers: ["pond"],
  repeat: 1,
  volume: 60,
  whenPreempted: "resume",
  latestMinutes: 10,
};
const NOTHING_WIRED: WiringView = { speakers: [], sensors: [], upstreams: [] };
/** The clock was two hours slow when the box wrote its first ten events. */
export const CORRECTIONS = [
  { boot: "boot-1", firstSeq: 1, lastSeq: 10, offsetMs: 7_200_000, source: "network" },
];
export const bearer = { authorization: `Bearer ${TOKEN}` };

function lightHash(password: string): string {
  const [cost, salt] = [{ N: 16, r: 8, p: 1 }, randomBytes(16)];
  const hash = scryptSync(password, salt, 32, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

function makeWebFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "web-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
  const script = join(folder, "assets", "index-abc123.js");
  writeFileSync(script, PAGE_SCRIPT);
  writeFileSync(`${script}.gz`, gzipSync(PAGE_SCRIPT));
  return folder;
}

/** What of the village's configuration a test may want otherwise. */
export interface SiteOfPanel {
  /** Id of its ledger. */
  readonly ledgerId?: string;
  readonly programmes?: readonly Programme[];
  readonly duty?: readonly DutyTurn[];
  /** How long each speaker plays; without, recordings of any length fit. */
  readonly speakerLimits?: readonly SpeakerLimit[];
  /** What makes pictures and voices of reports anew; without, they are taken as they are. */
  readonly reportMaker?: ReportMaker;
  /** What makes pictures of the map; without, they are taken as they are. */
  readonly mapMaker?: MapPictureMaker;
  /** What the map is drawn on in place of a picture. */
  readonly mapTiles?: MapTiles;
  readonly rules?: RulesOf;
  readonly wiring?: WiringView;
  /** What the configuration says, as it is written; what it allows is not looked into. */
  readonly written?: Readonly<Record<string, unknown>>;
  /** By camera. */
  readonly lines?: Readonly<Record<string, readonly Line[]>>;
  readonly privacy?: Readonly<Record<string, Privacy>>;
  /** Those that may need a line, or turn a camera. */
  readonly shapeRules?: readonly Rule[];
}

/** Everything the panel is given, in memory; `config` for `buildServer` or `createPanel`. */
export function makeDependencies(
  clock: Clock = systemClock,
  config: Partial<PanelConfig> = {},
  {
    ledgerId,
    programmes = [BELL],
    speakerLimits = [],
    duty = [],
    reportMaker = simpleReportMaker,
    mapMaker = simpleMapMaker,
    mapTiles,
    rules = {},
    wiring = NOTHING_WIRED,
    written = {},
    lines: configuredLines = {},
    privacy: configuredPrivacy = {},
    shapeRules: configuredRules = [],
  }: SiteOfPanel = {},
) {
  const ledger = createLedgerDouble(clock, ledgerId);
  const village = createVillageDouble(clock);
  const closed: { readonly rules: readonly string[]; readonly by: string }[] = [];
  let pauseCount = 0;
  const pauses = createPauseDesk(
    {
      clock,
      isClockSynced: () => village.state().clock === "synced",
      ledger,
      record: (draft) => void ledger.append(draft),
      newId: () => `pause-${++pauseCount}`,
      closeAlarms: async (rules, by) => void closed.push({ rules, by: by.name }),
      log: silentLogger,
    },
    village.state(),
    [],
  );
  pauses.changes.on(() => village.update({ pauses: pauses.list() }));
  const levels = createSignal<ReadingObservation>();
  const zones = createZoneDesk(
    {
      ledger,
      record: (draft) => void ledger.append(draft),
      sensors: [{ sensor: { id: "pond-level" }, observations: levels, latest: () => undefined }],
      log: silentLogger,
    },
    village.state().cameras,
    [],
  );
  zones.changes.on((camera) =>
    village.update({
      cameras: village
        .state()
        .cameras.map((one) => (one.id === camera ? { ...one, zones: zones.zonesOf(camera) } : one)),
    }),
  );
  const lines = createLineShapes(
    { ledger },
    village.state().cameras.map(({ id }) => ({ id, lines: configuredLines[id] })),
    configuredRules,
    [],
  );
  const masks = createMaskShapes(
    { ledger },
    village.state().cameras.map(({ id }) => ({ id, privacy: configuredPrivacy[id] })),
    configuredRules,
    [],
  );
  const showShapes = (camera: string): void => {
    const change = {
      lines: lines.of(camera),
      masks: masks.of(camera),
      removed: [...lines.removed(camera), ...masks.removed(camera)],
    };
    village.update({
      cameras: village.state().cameras.map((one) => (one.id === camera ? { ...one, ...change } : one)),
    });
  };
  for (const { changes } of [lines, masks]) changes.on(showShapes);
  const map = createMapDouble({ ledger, maker: mapMaker, tiles: mapTiles });
  map.changes.on(() => village.update({ mapVersion: map.version() }));
  const pond = createStreamDouble();
  const mpeg1 = createMediaDouble();
  const talkRig = createTalkRig(clock, undefined, ledger);
  const clips = createClipsDouble({ clock, ledger, speakers: speakerLimits });
  const evidence = createEvidenceDouble();
  const trialRig = createZoneTrialsRig(clock, zones, [], undefined, lines);
  return {
    village,
    clockBook: { corrections: () => CORRECTIONS },
    /** The real desk, on the rules of the village double. */
    pauses,
    /** The real desk, on the zones of the village double. */
    zones,
    /** The real desks, on what the site has configured. */
    lines,
    masks,
    /** The real desk, on files of its own. */
    map,
    /** Shows on the village double what of a camera is configured. */
    showShapes,
    /** The real desk, on the rules of the village double. */
    ruleDesk: createRulesDouble({ ledger, village }, rules),
    setUp: createSetUpDouble({ ledger, clock }, { written, faultOf: () => undefined }),
    /** Each sensor stands at 2.31 m. */
    sensorTrial: { read: async () => ({ value: 2.31, unit: "m" }) } as SensorTrial,
    wiring,
    /** The real desk, on recordings of its own and programs that the test plays. */
    trialRig,
    zoneTrials: trialRig.desk as ZoneTrialDesk,
    /** Readings of the sensor pond-level. */
    levels,
    /** The real desk, of one programme unless told. */
    programmes: createProgrammeDesk({
      clock,
      isClockSynced: () => village.state().clock === "synced",
      timezone: village.state().site.timezone,
      take: (order) => village.say(order),
      orders: { find: async () => undefined },
      book: { marks: async () => ({ paused: new Map(), skipped: new Set() }) },
      sheet: createTestSheet({
        ...{ clock, ledger, programmes },
        clipOf: clips.contentOf,
        speakers: ["pond", "village", "weir-horn"],
      }),
      ledger,
      record: (draft) => void ledger.append(draft),
      clipOf: clips.contentOf,
      log: silentLogger,
    }),
    /** The real desk, whose book forgets with the process. */
    duty: createDutyDesk(
      {
        clock,
        timezone: village.state().site.timezone,
        book: {
          written: async () => undefined,
          write: async ({ by }) =>
            void (await ledger.append({ type: "org.cunshao.duty.written", class: "audit", data: { by } })),
          forget: async (by) =>
            void (await ledger.append({ type: "org.cunshao.duty.restored", class: "audit", data: { by } })),
        },
      },
      duty,
      undefined,
    ),
    /** A WAV file of one sample for any words. */
    speech: createSpeechDouble(),
    /** The real desk, too. */
    lessons: createLessonsDouble({ clock, ledger, village }),
    /** The real shelf, on files of its own. */
    clips,
    /** What it had closed. */
    closed,
    /** The real live view of one camera, whose stream and transcoders the test plays. */
    live: createLiveView({ mpeg1, clock, log: silentLogger }, [{ id: "pond-east", sub: pond }]) as LiveView,
    pond,
    mpeg1,
    /** The real desk on real channels, whose players write down what they hear. */
    talkRig,
    talks: talkRig.talks as TalkDesk,
    analysis: () => [
      {
        camera: "pond-east",
        isFullRate: false,
        keyFrameSeconds: 0.8,
        judged: 40,
        skipped: 2,
        ageSecondsSum: 6.5,
        oldestAgeSeconds: 0.31,
      },
    ],
    ledger,
    monthEvents: createMonthEventsDouble(ledger),
    outbox: createOutboxDouble(),
    upstreams: createUpstreamsDouble(),
    cursors: createCursorsDouble(ledger),
    evidence,
    /** The real desk, on files of its own. */
    reports: createReportsDouble({ clock, ledger, village, evidence, maker: reportMaker }),
    footage: createFootageDouble(),
    readings: createReadingsDouble(),
    movement: createMovementDouble(),
    crossings: createCrossingsDouble(ledger),
    accounts: createAccountsDouble(),
    controls: createCameraControlsDouble(),
    tokens: createTokensDouble(),
    locks: createLocksDouble(),
    drills: createDrillsDouble(["pond", "square"]),
    /** The real desk, on the village double; it forgets with the process. */
    commandDesk: createCommandDesk(
      {
        ledger,
        commandBook: { find: async () => undefined, open: async () => [] },
        village,
        clipOf: async () => undefined,
        clock,
        isClockSynced: () => village.state().clock === "synced",
        log: silentLogger,
      },
      { site: village.state().site, commands: { keys: [], signedOnly: false } },
    ) as CommandDesk,
    cameraHealth: createCameraHealthDouble(),
    clock,
    random: (size: number) => randomBytes(size),
    log: silentLogger,
    config: {
      host: "127.0.0.1",
      port: 0,
      webFolder: makeWebFolder(),
      tokens: [{ name: "township", token: TOKEN }],
      ...config,
    },
  };
}

/** A server for `inject`, with an administrator. */
export async function makeServer(
  clock: Clock = systemClock,
  config: Partial<PanelConfig> = {},
  others: Partial<ReturnType<typeof makeDependencies>> = {},
  site: SiteOfPanel = {},
) {
  const dependencies = { ...makeDependencies(clock, config, site), ...others };
  const { accounts } = dependencies;
  await accounts.save(ADMIN);
  const app = await buildServer(dependencies);

  async function logIn(username = "admin"): Promise<string> {
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/session",
      payload: { username, password: PASSWORD },
    });
    const [cookie] = answer.cookies;
    if (!cookie) throw new Error(`Log-in failed: ${answer.body}`);
    return `${cookie.name}=${cookie.value}`;
  }

  return { app, logIn, ...dependencies };
}

export type PanelServer = Awaited<ReturnType<typeof makeServer>>;

export async function listen(server: PanelServer): Promise<string> {
  return server.app.listen({ host: "127.0.0.1", port: 0 });
}

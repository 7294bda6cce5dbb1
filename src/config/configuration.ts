import type { Permission } from "../core/access.ts";
import type { SpeakerGroup } from "../core/broadcast.ts";
import type { TlsSetting } from "../core/certificates.ts";
import type { ClipLimits } from "../core/clip-shelf.ts";
import type { CommandSettings } from "../core/command.ts";
import type { DeskWiring } from "../core/desk-channel.ts";
import type { DetectorSetting } from "../core/detector.ts";
import type { VoiceProgram } from "../core/devices.ts";
import type { DrillPlan } from "../core/drill.ts";
import type { AlarmEvidence, ClipLength } from "../core/footage.ts";
import type { HornLimits } from "../core/horn-limits.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import type { Programme } from "../core/programme.ts";
import type {
  Bus,
  Camera,
  Companion,
  ContactInput,
  DutyTurn,
  EvidencePlan,
  OnvifWiring,
  Rule,
  Sensor,
  Site,
  Speaker,
  StoragePlan,
  Switch,
} from "../core/site.ts";
import type { Upstream } from "../core/upstream-wiring.ts";
import { resolveDesk } from "./desks.ts";
import { powerWiring } from "./outputs.ts";
import { resolveProof } from "./proof.ts";
import { DEFAULT_HOLD_MS, DEFAULT_SETTLE_MS, type SiteFile } from "./schema.ts";
import { groupsOf } from "./speaker-groups.ts";
import { resolveUpstream } from "./upstreams.ts";

/** Everything the gateway is told by files: checked, with names resolved and secrets in place. */
export interface Configuration {
  readonly site: Site;
  readonly board: string;
  readonly cameras: readonly Camera[];
  readonly buses: readonly Bus[];
  /** Where a satellite receiver tells the time. */
  readonly gps?: Bus | undefined;
  readonly sensors: readonly Sensor[];
  readonly inputs: readonly ContactInput[];
  readonly speakers: readonly Speaker[];
  readonly speakerGroups: readonly SpeakerGroup[];
  readonly hornLimits: HornLimits;
  readonly programmes: readonly Programme[];
  readonly drill: DrillPlan;
  readonly switches: readonly Switch[];
  readonly duty: readonly DutyTurn[];
  readonly rules: readonly Rule[];
  readonly upstreams: readonly Upstream[];
  /** To each of them a channel is opened. */
  readonly desks: readonly DeskWiring[];
  readonly commands: CommandSettings;
  readonly storage: StoragePlan & EvidencePlan;
  readonly speech: {
    /** Words that are said otherwise than a dictionary would: characters that sound so, or pinyin. */
    readonly pronunciations: Readonly<Record<string, string>>;
    /** A better voice of the site's own; absent: espeak-ng alone. */
    readonly program?: VoiceProgram | undefined;
  };
  /** Sound files in place of words: by the words, or by the id of a warning that comes with the program. */
  readonly recordings: Readonly<Record<string, string>>;
  readonly clips: Pick<ClipLimits, "maxSeconds" | "maxUploadBytes" | "maxBytes">;
  readonly map: { readonly tiles?: string | undefined };
  readonly detector: DetectorSetting;
  readonly panel: {
    readonly host: string;
    readonly port: number;
    readonly companion?: Companion | undefined;
    readonly tokens: readonly {
      readonly name: string;
      readonly token: string;
      readonly scopes?: readonly Permission[] | undefined;
    }[];
    readonly tls: TlsSetting;
  };
}

/** Turns a checked file into the configuration. `secretOf` answers for every name that the file uses. */
export function resolve(
  file: SiteFile,
  profiles: ProfileCatalogue,
  secretOf: (name: string) => string,
): Configuration {
  const desks = file.desks.map((desk) => resolveDesk(desk, secretOf));
  return {
    site: file.site,
    board: file.board,
    cameras: file.cameras.map((camera) => ({
      id: camera.id,
      name: camera.name,
      ...streamsOf(camera, profiles),
      login: camera.login && {
        username: camera.login.username,
        password: secretOf(camera.login.password.secret),
      },
      audio: camera.audio,
      zones: camera.zones,
      privacy: camera.privacy,
      onvif: camera.onvif && onvifOf(camera.onvif, streamsOf(camera, profiles)),
      healthOff: camera.health.off,
      record: camera.record,
      lines: camera.lines,
    })),
    buses: file.buses,
    gps: file.buses.find(({ id }) => id === file.gps?.bus),
    sensors: file.sensors,
    inputs: file.inputs,
    speakers: file.speakers.map((speaker) => speakerOf(speaker, secretOf)),
    speakerGroups: groupsOf(file),
    hornLimits: file.broadcasts,
    programmes: file.programmes,
    drill: file.drill,
    switches: file.switches,
    duty: file.duty,
    rules: file.rules.map(resolveRule),
    upstreams: file.upstreams.map((upstream) => resolveUpstream(upstream, secretOf)),
    desks,
    commands: file.commands,
    storage: file.storage,
    speech: file.speech,
    recordings: file.recordings,
    clips: file.clips,
    map: file.map,
    detector: file.detector,
    panel: {
      ...file.panel,
      tokens: [
        ...file.panel.tokens.map((token) => ({ ...token, token: secretOf(token.token.secret) })),
        ...desks.map(({ id: name, token, scopes }) => ({ name, token, scopes })),
      ],
    },
  };
}

/** An amplifier that is always on can be heard at once: only one behind a relay has to settle and to be held. */
function speakerOf(
  { power, proof, ...speaker }: SiteFile["speakers"][number],
  secretOf: (name: string) => string,
): Speaker {
  return {
    ...speaker,
    power: power && powerWiring(power),
    proof: proof && resolveProof(proof, secretOf),
    settleMs: speaker.settleMs ?? (power ? DEFAULT_SETTLE_MS : 0),
    holdMs: speaker.holdMs ?? (power ? DEFAULT_HOLD_MS : 0),
  };
}

function streamsOf(
  { profile: id, host, channel, main, sub }: SiteFile["cameras"][number],
  profiles: ProfileCatalogue,
): Pick<Camera, "main" | "sub" | "otherAddresses"> {
  const profile = profiles.cameras.get(id);
  if (main !== undefined || !host || !profile) return { main: main ?? "", sub };
  const base = `rtsp://${host.includes(":") ? host : `${host}:${profile.rtspPort}`}`;
  const address = (path: string): string => base + path.replaceAll("{channel}", String(channel));
  const [first, ...others] = profile.paths.map(({ pathMain, pathSub }) => ({
    main: address(pathMain),
    sub: sub ?? address(pathSub),
  }));
  if (!first) return { main: "", sub };
  return { ...first, ...(others.length > 0 && { otherAddresses: others }) };
}

function onvifOf(
  { port, path, https, setClock, keyFrameSeconds }: NonNullable<SiteFile["cameras"][number]["onvif"]>,
  { main, sub }: Pick<Camera, "main" | "sub">,
): OnvifWiring {
  return {
    host: new URL(sub ?? main).hostname,
    port: port ?? (https ? 443 : 80),
    path,
    isSecure: https,
    setClock,
    keyFrameSeconds: keyFrameSeconds === false ? undefined : keyFrameSeconds,
  };
}

export function resolveRule(rule: SiteFile["rules"][number]): Rule {
  const say = rule.then.flatMap((action) =>
    action.kind === "say"
      ? [
          {
            text: action.text,
            speakers: action.speakers,
            repeat: action.repeat,
            volume: action.volume,
            ...(action.emergency && { emergency: true }),
          },
        ]
      : [],
  );
  const look = rule.then.flatMap((action) =>
    action.kind === "look" ? [{ camera: action.camera, preset: action.preset }] : [],
  );
  const switchOn = rule.then.flatMap((action) =>
    action.kind === "switch" ? [{ switches: action.switches, forSeconds: action.forSeconds }] : [],
  );
  const alarm = rule.then.find((action) => action.kind === "alarm");
  const spokenOn = [...new Set(say.flatMap((action) => action.speakers))];
  return {
    id: rule.id,
    name: rule.name ?? rule.id,
    when: rule.when,
    schedule: rule.schedule,
    cooldownSeconds: rule.cooldownSeconds,
    trackCooldownSeconds: rule.trackCooldownSeconds,
    ...(rule.sensitivity && { sensitivity: rule.sensitivity }),
    say,
    ...(switchOn.length > 0 ? { switchOn } : {}),
    ...(look.length > 0 ? { look } : {}),
    alarm: alarm && {
      severity: alarm.severity,
      evidence: evidenceOf(rule.when, alarm.evidence),
    },
    // Steps are taken one after the other, however they stand in the file.
    escalate: rule.escalate
      .map(({ speakers, ...step }) =>
        step.text === undefined ? step : { ...step, speakers: speakers ?? spokenOn },
      )
      .sort((a, b) => a.afterSeconds - b.afterSeconds),
  };
}

/** A rule that watches people has it taken by their camera unless told otherwise; any other names the camera. */
function evidenceOf(
  when: SiteFile["rules"][number]["when"],
  written: boolean | { readonly camera?: string | undefined; readonly clip?: ClipLength } = true,
): AlarmEvidence | undefined {
  if (written === false) return undefined;
  const { camera: named, clip } = written === true ? {} : written;
  const camera = named ?? ("camera" in when ? when.camera : undefined);
  return camera === undefined ? undefined : { camera, ...(clip && { clip }) };
}

import type { ClipDetection, ReplayedAlarm, RuleReplay } from "../../core/clip.ts";
import type { Observation } from "../../core/observation.ts";
import type { RecordedSpan } from "../../core/recordings.ts";
import { LEAST_SURENESS } from "../../core/sensitivity.ts";
import type { Rule } from "../../core/site.ts";
import type { Moment } from "../../core/time.ts";
import type { TrialSeen, Tried } from "../../core/zone-trial.ts";
import type { TrialAnswer } from "./trial-messages.ts";
import { NO_RULE } from "./trial-rules.ts";

/** How much is looked at between two words about it. */
const TELL_MS = 5_000;

/** One picture of a recording, as it is judged. */
export interface RecordedPicture {
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface TrialRunDependencies {
  /** The pictures of a stretch, in the order of time. */
  readonly pictures: (stretch: RecordedSpan) => AsyncIterable<RecordedPicture>;
  readonly detection: ClipDetection;
  readonly createReplay: (rule: Rule) => RuleReplay;
  /** A small JPEG of a picture; undefined where none can be made. */
  readonly portray: (picture: RecordedPicture) => Promise<Uint8Array | undefined>;
  readonly tell: (answer: TrialAnswer) => void;
}

export interface TrialRunOrder {
  readonly tried: Tried;
  readonly rules: readonly Rule[];
  readonly stretches: readonly RecordedSpan[];
}

/** Detection and rules over what is recorded; time is that of the pictures. Raises nothing: it tells. */
export async function runTrial(
  { pictures, detection, createReplay, portray, tell }: TrialRunDependencies,
  { tried, rules, stretches }: TrialRunOrder,
): Promise<void> {
  const replays = rules.map((rule) => ({ rule, replay: createReplay(rule), told: 0 }));
  const { camera } = tried;
  const witness = new Witness(tried);
  let doneMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  tell({ kind: "began", detector: detection.detector });
  const tellProgress = (lookedAtMs: number): void =>
    tell({ kind: "progress", lookedAtSeconds: lookedAtMs / 1000, seen: witness.seen });

  for (const stretch of stretches) {
    let toldMs = stretch.fromMs;
    for await (const picture of pictures(stretch)) {
      // Segments may overlap a little; for detection and rules time only goes on.
      if (picture.atMs <= lastMs) continue;
      lastMs = picture.atMs;
      const now: Moment = { monotonicMs: picture.atMs, wallMs: picture.atMs };
      const { observations } = await detection.look({ camera, ...picture, at: now });
      witness.see(observations, picture.atMs);
      for (const { replay } of replays) {
        replay.advance(now);
        for (const observation of observations) replay.observe(observation, now);
      }
      for (const played of replays) {
        for (const alarm of played.replay.raised.slice(played.told)) {
          tell(await told(played.rule, alarm, picture, portray));
        }
        played.told = played.replay.raised.length;
      }
      if (picture.atMs - toldMs < TELL_MS) continue;
      toldMs = picture.atMs;
      tellProgress(doneMs + Math.max(0, picture.atMs - stretch.fromMs));
    }
    doneMs += stretch.toMs - stretch.fromMs;
    tellProgress(doneMs);
  }
  tell({ kind: "done" });
}

async function told(
  { id }: Rule,
  { at, boxes }: ReplayedAlarm,
  picture: RecordedPicture,
  portray: TrialRunDependencies["portray"],
): Promise<TrialAnswer> {
  const rule = id === NO_RULE ? undefined : id;
  return { kind: "alarm", alarm: { rule, atMs: at.wallMs, boxes }, picture: await portray(picture) };
}

/** What was seen, whatever the rules make of it. */
class Witness {
  readonly #tried: Tried;
  readonly #over = { in: 0, out: 0 };
  readonly #people = new Set<number>();
  /** By track, where the detector follows somebody; else one for each time that something came. */
  readonly #stays = new Map<number, { readonly fromMs: number; toMs: number }>();
  #followsPeople = false;
  #presences = 0;
  #isPresent = false;

  constructor(tried: Tried) {
    this.#tried = tried;
  }

  get seen(): TrialSeen {
    const longestMs = Math.max(0, ...[...this.#stays.values()].map(({ fromMs, toMs }) => toMs - fromMs));
    return {
      ...(this.#followsPeople && { people: this.#people.size }),
      inZone: this.#stays.size,
      longestStaySeconds: Math.round(longestMs / 1000),
      ...("line" in this.#tried && { over: { ...this.#over } }),
    };
  }

  see(observations: readonly Observation[], atMs: number): void {
    const tried = this.#tried;
    for (const observation of observations) {
      if (observation.kind === "tracks") {
        this.#followsPeople = true;
        for (const { id, moved, sureness } of observation.tracks) {
          if (moved && sureness >= LEAST_SURENESS.normal) this.#people.add(id);
        }
      }
      if (observation.kind === "crossing" && "line" in tried && observation.line === tried.line) {
        this.#over[observation.direction]++;
      }
      if (observation.kind !== "presence" || !("zone" in tried) || observation.zone !== tried.zone) continue;
      if (observation.tracks) {
        for (const { id, sureness } of observation.tracks) {
          if (sureness >= LEAST_SURENESS.normal) this.#stay(id, atMs);
        }
      } else {
        if (observation.present && !this.#isPresent) this.#presences++;
        this.#isPresent = observation.present;
        if (observation.present) this.#stay(this.#presences, atMs);
      }
    }
  }

  #stay(id: number, atMs: number): void {
    const stay = this.#stays.get(id);
    if (stay) stay.toMs = atMs;
    else this.#stays.set(id, { fromMs: atMs, toMs: atMs });
  }
}

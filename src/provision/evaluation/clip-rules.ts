import { CLIP_CAMERA, CLIP_ZONE, type RuleReplay } from "../../core/clip.ts";
import type { Observation } from "../../core/observation.ts";
import type { Rule } from "../../core/site.ts";
import type { Moment } from "../../core/time.ts";

/** What of a clip's detection the rules get, and what they make of it. */
export interface ClipRules {
  observe(observations: readonly Observation[], tracks: readonly string[], now: Moment): void;
  raised(): readonly Moment[];
}

/** A person in the zone, at once and without a cool-down. */
const RULE: Rule = {
  id: "clip",
  name: "clip",
  when: { kind: "person", camera: CLIP_CAMERA, zone: CLIP_ZONE, dwellSeconds: 0 },
  schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
  cooldownSeconds: 0,
  say: [],
  alarm: { severity: "warning" },
  escalate: [],
};

/** The rule of a clip that has none of its own: one of these for each track, which gives one alarm a track. */
export function anybodyInZone(createReplay: (rule: Rule) => RuleReplay): ClipRules {
  const replays = new Map<string, RuleReplay>();
  const raisedBefore = new Set<string>();

  return {
    observe(observations, tracks, now) {
      const presence = observations.find((one) => one.kind === "presence" && one.zone === CLIP_ZONE);
      if (presence?.kind !== "presence") return;
      for (const track of tracks) {
        // Who raised an alarm, went and came back is still the same.
        if (raisedBefore.has(track)) continue;
        const replay = replays.get(track) ?? createReplay(RULE);
        replays.set(track, replay);
        const own = presence.tracks?.filter(({ id }) => String(id) === track);
        replay.observe({ ...presence, present: true, tracks: own } satisfies Observation, now);
        if (replay.raised.length > 0) raisedBefore.add(track);
      }
      for (const [track, replay] of replays) {
        if (!tracks.includes(track) && !raisedBefore.has(track)) {
          const tracks = presence.tracks && [];
          replay.observe({ ...presence, present: false, tracks } satisfies Observation, now);
        }
      }
    },
    raised(): readonly Moment[] {
      const all = [...replays.values()].flatMap(momentsOf);
      return all.sort((a, b) => a.monotonicMs - b.monotonicMs);
    },
  };
}

/** A rule that the labels give: as in a gateway, where it sees whatever is in the zone as one. */
export function oneRule(replay: RuleReplay): ClipRules {
  return {
    observe(observations, _tracks, now) {
      replay.advance(now);
      for (const observation of observations) replay.observe(observation, now);
    },
    raised: () => momentsOf(replay),
  };
}

function momentsOf({ raised }: RuleReplay): Moment[] {
  return raised.map(({ at }) => at);
}

import type { ProfileCatalogue } from "../core/profiles.ts";
import type { GpioLine, RelayWiring } from "../core/site.ts";
import type { ReferenceProblem } from "./references.ts";
import type { SiteFile } from "./schema.ts";

/** What hangs on one and the same wire, and what a device of its profile cannot do. Names are checked elsewhere. */
export function checkWiring(file: SiteFile, profiles: ProfileCatalogue): ReferenceProblem[] {
  const problems: ReferenceProblem[] = [];
  const report = (path: readonly PropertyKey[], expected: string): void => {
    problems.push({ path, expected });
  };
  const once = (what: string): ((key: string, path: readonly PropertyKey[]) => void) => {
    const taken = new Set<string>();
    return (key, path) => {
      if (taken.has(key)) report(path, `${what} that nothing else uses`);
      taken.add(key);
    };
  };

  const port = once("a port");
  file.buses.forEach((bus, index) => {
    port(bus.port, ["buses", index, "port"]);
  });

  const lineOnce = once("a line");
  const board = profiles.boards.get(file.board)?.gpio;
  const checkLine = ({ chip, line }: GpioLine, path: readonly PropertyKey[]): void => {
    lineOnce(`${chip} ${line}`, path);
    if (board?.chip === chip && !board.lines.includes(line)) {
      report(path, `a line that is free on ${file.board}: ${board.lines.join(", ")}`);
    }
  };
  file.inputs.forEach(({ gpio }, index) => {
    checkLine(gpio, ["inputs", index, "gpio", "line"]);
  });

  // Sensors speak Modbus; a relay board or voice module beside them would answer to their frames.
  const carries = new Map<string, string>();
  const carry = (bus: string, what: string, path: readonly PropertyKey[]): void => {
    const other = carries.get(bus);
    if (other && other !== what) report(path, `a bus of its own: ${bus} carries ${other}`);
    else carries.set(bus, what);
  };
  file.sensors.forEach(({ bus }, index) => {
    carry(bus, "sensors", ["sensors", index, "bus"]);
  });

  const channelOnce = once("a channel");
  const checkRelay = (relay: RelayWiring, path: readonly PropertyKey[]): void => {
    if ("gpio" in relay) {
      checkLine(relay.gpio, [...path, "gpio", "line"]);
      return;
    }
    const { bus, profile, channel } = relay.serial;
    const at = [...path, "serial"];
    const channels = profiles.relays.get(profile)?.channels;
    if (channels !== undefined && channel > channels) report([...at, "channel"], `at most ${channels}`);
    carry(bus, "a relay board", [...at, "bus"]);
    channelOnce(`${bus} ${channel}`, [...at, "channel"]);
  };
  file.speakers.forEach(({ id, power, audio, ...speaker }, index) => {
    const path = ["speakers", index];
    const { settleMs = 0, maxOnSeconds } = speaker;
    if (settleMs >= maxOnSeconds * 1000) report([...path, "maxOnSeconds"], "longer than settleMs");

    if (power) checkRelay(power.relay, [...path, "power", "relay"]);
    if (audio.kind === "module") {
      const { bus, profile, tracks } = audio.module;
      const at = [...path, "audio", "module"];
      const maxTrack = profiles.voiceModules.get(profile)?.maxTrack ?? Number.POSITIVE_INFINITY;
      for (const [phrase, track] of Object.entries(tracks)) {
        if (track > maxTrack) report([...at, "tracks", phrase], `at most ${maxTrack}`);
      }
      carry(bus, `the voice module of ${id}`, [...at, "bus"]);
    }
  });
  file.switches.forEach(({ relay }, index) => {
    checkRelay(relay, ["switches", index, "relay"]);
  });
  return problems;
}

/** A module can say only what it holds: a warning without a recording would be noticed on the day it is needed. */
export function checkPhrases(file: SiteFile): ReferenceProblem[] {
  const missing = (text: string, speakers: readonly string[]): string | undefined =>
    speakers.find((id) => {
      const audio = file.speakers.find((speaker) => speaker.id === id)?.audio;
      return audio?.kind === "module" && !Object.hasOwn(audio.module.tracks, text);
    });
  const programmes = file.programmes.flatMap(({ content, speakers }, index) => {
    const speaker = content.kind === "text" ? missing(content.text, speakers) : undefined;
    if (speaker === undefined) return [];
    const expected = `words that the voice module of ${speaker} has a track for`;
    return [{ path: ["programmes", index, "say"], expected }];
  });
  const rules = file.rules.flatMap((rule, index) => {
    const spoken = rule.then.flatMap((action, step) =>
      action.kind === "say" ? [{ ...action, path: ["rules", index, "then", step, "say"] }] : [],
    );
    const everywhere = spoken.flatMap(({ speakers }) => speakers);
    const escalations = rule.escalate.flatMap(({ text, speakers = everywhere }, i) =>
      text === undefined ? [] : [{ text, speakers, path: ["rules", index, "escalate", i, "say"] }],
    );
    return [...spoken, ...escalations].flatMap(({ text, speakers, path }) => {
      const speaker = missing(text, speakers);
      return speaker ? [{ path, expected: `words that the voice module of ${speaker} has a track for` }] : [];
    });
  });
  return [...rules, ...programmes];
}

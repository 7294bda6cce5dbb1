import { encodeGb } from "../core/gb-text.ts";
import type { AmplifierWiring, GpioLine, ModbusRelayWiring } from "../core/output-wiring.ts";
import { type ProfileCatalogue, readsAloud, tellsPlaying, tellsState } from "../core/profiles.ts";
import type { VoiceModuleWiring } from "../core/site.ts";
import { outputDevices } from "./output-devices.ts";
import type { ReferenceProblem } from "./references.ts";
import type { SiteFile } from "./schema.ts";

type Report = (path: readonly PropertyKey[], expected: string) => void;

/** What hangs on one and the same wire, and what a device of its profile cannot do. Names are checked elsewhere. */
export function checkWiring(file: SiteFile, profiles: ProfileCatalogue): ReferenceProblem[] {
  const problems: ReferenceProblem[] = [];
  const report: Report = (path, expected) => {
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
  checkLines(file, profiles, once("a line"), report);
  checkProofs(file, profiles, report);
  file.speakers.forEach(({ settleMs = 0, maxOnSeconds }, index) => {
    if (settleMs < maxOnSeconds * 1000) return;
    report(["speakers", index, "maxOnSeconds"], "longer than settleMs");
  });

  // Modbus devices share a line by their addresses; others would answer to each other's frames.
  const carries = new Map<string, { readonly what: string; readonly isModbus: boolean }>();
  const carry = (bus: string, what: string, isModbus: boolean, path: readonly PropertyKey[]): void => {
    const other = carries.get(bus);
    if (!other) carries.set(bus, { what, isModbus });
    else if (other.what !== what && !(other.isModbus && isModbus)) {
      report(path, `a bus of its own: ${bus} carries ${other.what}`);
    }
  };
  const sensorUnits = new Set<string>();
  file.sensors.forEach(({ bus, address }, index) => {
    carry(bus, "sensors", true, ["sensors", index, "bus"]);
    sensorUnits.add(`${bus} ${address}`);
  });
  const channelOnce = once("a channel");
  const addressOnce = once("an address");
  for (const device of outputDevices(file)) {
    const { path, bus, owner } = device;
    const at = [...path, "bus"];
    switch (device.kind) {
      case "serial": {
        carry(bus, "a relay board", false, at);
        checkChannel(device, profiles, report);
        channelOnce(`${bus} ${device.wiring.channel}`, [...path, "channel"]);
        break;
      }
      case "modbus": {
        carry(bus, "Modbus relays", true, at);
        checkChannel(device, profiles, report);
        const unit = `${bus} ${unitOf(device.wiring, profiles)}`;
        if (sensorUnits.has(unit)) report([...path, "address"], "an address that no sensor of the bus has");
        channelOnce(`${unit} ${device.wiring.channel}`, [...path, "channel"]);
        break;
      }
      case "amplifier":
        carry(bus, `amplifiers of the profile ${device.profile}`, false, at);
        checkAmplifier(device, profiles, report);
        addressOnce(`${bus} amplifier ${device.wiring.address ?? ""}`, [...path, "address"]);
        break;
      case "module":
        carry(bus, `the voice module of ${owner}`, false, at);
        checkModule(device, profiles, report);
    }
  }
  return problems;
}

function checkLines(
  file: SiteFile,
  profiles: ProfileCatalogue,
  lineOnce: (key: string, path: readonly PropertyKey[]) => void,
  report: Report,
): void {
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
  file.speakers.forEach(({ power }, index) => {
    if (!power || !("relay" in power) || !("gpio" in power.relay)) return;
    checkLine(power.relay.gpio, ["speakers", index, "power", "relay", "gpio", "line"]);
  });
  file.switches.forEach(({ relay }, index) => {
    if ("gpio" in relay) checkLine(relay.gpio, ["switches", index, "relay", "gpio", "line"]);
  });
}

/** Who is to tell whether a speaker sounds must be able to. */
function checkProofs(file: SiteFile, profiles: ProfileCatalogue, report: Report): void {
  file.speakers.forEach(({ proof, power, audio }, index) => {
    if (!proof || !("device" in proof)) return;
    const amplifier = power && "amplifier" in power ? profiles.amplifiers.get(power.amplifier.profile) : null;
    const module = audio.kind === "module" ? profiles.voiceModules.get(audio.module.profile) : null;
    // A profile that is not there is told elsewhere.
    if (amplifier === undefined || module === undefined) return;
    if ((amplifier && tellsState(amplifier)) || (module && tellsPlaying(module))) return;
    report(["speakers", index, "proof"], "an amplifier or a voice module that can be asked what it does");
  });
}

interface Placed<Wiring> {
  readonly path: readonly PropertyKey[];
  readonly profile: string;
  readonly wiring: Wiring;
}

function unitOf({ address, profile }: ModbusRelayWiring, profiles: ProfileCatalogue): number | undefined {
  const found = profiles.relays.get(profile);
  return address ?? (found?.codec === "modbus" ? found.address : undefined);
}

function checkChannel(
  {
    path,
    profile: id,
    wiring,
    kind,
  }: Placed<{ readonly channel: number }> & { readonly kind: "serial" | "modbus" },
  profiles: ProfileCatalogue,
  report: Report,
): void {
  const profile = profiles.relays.get(id);
  if (!profile) return;
  const isModbus = profile.codec === "modbus";
  if (isModbus !== (kind === "modbus")) {
    const key = isModbus ? "modbus" : "serial";
    report([...path, "profile"], `a board of the other kind: ${id} is wired as {relay: {${key}: …}}`);
  } else if (wiring.channel > profile.channels) report([...path, "channel"], `at most ${profile.channels}`);
}

function checkAmplifier(
  { path, profile: id, wiring }: Placed<AmplifierWiring>,
  profiles: ProfileCatalogue,
  report: Report,
): void {
  const profile = profiles.amplifiers.get(id);
  if (!profile) return;
  const { addresses, inputs, orders } = profile;
  const { address, input, volume } = wiring;
  if (addresses && (address === undefined || address < addresses.min || address > addresses.max)) {
    report([...path, "address"], `an address from ${addresses.min} to ${addresses.max}`);
  }
  if (!addresses && address !== undefined) report([...path, "address"], "no address: this model has none");
  if (input !== undefined && input > (inputs ?? 0)) {
    report(
      [...path, "input"],
      inputs ? `an input from 1 to ${inputs}` : "no input: this model has no order for it",
    );
  }
  if (volume !== undefined && !orders.volume) {
    report([...path, "volume"], "no volume: this model has no order for it");
  }
}

function checkModule(
  { path, profile: id, wiring }: Placed<VoiceModuleWiring>,
  profiles: ProfileCatalogue,
  report: Report,
): void {
  const profile = profiles.voiceModules.get(id);
  if (!profile) return;
  const { tracks } = wiring;
  if (readsAloud(profile)) {
    if (tracks) report([...path, "tracks"], "no tracks: this module reads any words aloud");
    return;
  }
  if (!tracks) report([...path, "tracks"], "which recording holds which words, as {水边危险: 1}");
  for (const [phrase, track] of Object.entries(tracks ?? {})) {
    if (track > profile.maxTrack) report([...path, "tracks", phrase], `at most ${profile.maxTrack}`);
  }
}

/** A module can say only what it holds or can read: a warning it cannot say would be noticed on the day it is needed. */
export function checkPhrases(file: SiteFile, profiles: ProfileCatalogue): ReferenceProblem[] {
  const problemOf = (text: string, speaker: string): string | undefined => {
    const audio = file.speakers.find(({ id }) => id === speaker)?.audio;
    if (audio?.kind !== "module") return undefined;
    const { tracks, profile: id } = audio.module;
    if (tracks) {
      const isHeld = Object.hasOwn(tracks, text);
      return isHeld ? undefined : `words that the voice module of ${speaker} has a track for`;
    }
    const profile = profiles.voiceModules.get(id);
    if (!profile || !readsAloud(profile)) return undefined;
    const bytes = encodeGb(text, profile.encoding);
    if (!("lacks" in bytes)) return undefined;
    return `words that the voice module of ${speaker} can read: it lacks ${bytes.lacks.slice(0, 5).join(" ")}`;
  };
  const programmes = file.programmes.flatMap(({ content, speakers }, index) => {
    if (content.kind !== "text") return [];
    const [expected] = speakers.flatMap((speaker) => problemOf(content.text, speaker) ?? []);
    return expected ? [{ path: ["programmes", index, "say"], expected }] : [];
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
      const [expected] = speakers.flatMap((speaker) => problemOf(text, speaker) ?? []);
      return expected ? [{ path, expected }] : [];
    });
  });
  return [...rules, ...programmes];
}

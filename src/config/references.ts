import type { ProfileCatalogue } from "../core/profiles.ts";
import { outputDevices } from "./output-devices.ts";
import { checkRules, type Known } from "./rule-references.ts";
import type { SiteFile } from "./schema.ts";
import { groupsOf } from "./speaker-groups.ts";

/** A reference or uniqueness rule that one value alone cannot show. */
export interface ReferenceProblem {
  readonly path: readonly PropertyKey[];
  readonly expected: string;
}

const PROFILES_OF = {
  serial: "relays",
  modbus: "relays",
  amplifier: "amplifiers",
  module: "voiceModules",
} as const;
const AN = { serial: "a relay", modbus: "a relay", amplifier: "an amplifier", module: "a voice module" };

/** Every name that is used but not defined, and every id given twice. */
export function checkReferences(file: SiteFile, profiles: ProfileCatalogue): ReferenceProblem[] {
  const problems: ReferenceProblem[] = [];
  const report = (path: readonly PropertyKey[], expected: string): void => {
    problems.push({ path, expected });
  };
  const mustBe = (known: Known, value: string, path: readonly PropertyKey[], what: string): void => {
    if (!known.has(value)) report(path, `${what}: ${[...known.keys()].sort().join(", ") || "there is none"}`);
  };
  const uniqueIds = (
    items: readonly { readonly id: string }[],
    path: readonly PropertyKey[],
  ): Set<string> => {
    const seen = new Set<string>();
    items.forEach((item, index) => {
      if (seen.has(item.id)) report([...path, index, "id"], "an id that no other entry of the list has");
      seen.add(item.id);
    });
    return seen;
  };

  const buses = uniqueIds(file.buses, ["buses"]);
  const sensors = uniqueIds(file.sensors, ["sensors"]);
  const inputs = uniqueIds(file.inputs, ["inputs"]);
  const horns = uniqueIds(file.speakers, ["speakers"]);
  const groups = uniqueIds(file.speakerGroups, ["speakerGroups"]);
  /** Wherever speakers are named, groups may be. */
  const speakers = new Set([...horns, ...groups, ...groupsOf(file).map(({ id }) => id)]);
  const cameras = uniqueIds(file.cameras, ["cameras"]);
  uniqueIds(file.switches, ["switches"]);
  uniqueIds(file.rules, ["rules"]);
  uniqueIds(file.upstreams, ["upstreams"]);
  uniqueIds(file.desks, ["desks"]);
  const machines = new Set<string>();
  file.panel.tokens.forEach(({ name }, index) => {
    if (machines.has(name)) report(["panel", "tokens", index, "name"], "a name that no other token has");
    machines.add(name);
  });
  file.desks.forEach(({ id }, index) => {
    if (machines.has(id)) report(["desks", index, "id"], "a name that no token of the panel has");
  });

  const accumulates = (id: string): boolean | undefined => {
    const sensor = file.sensors.find((one) => one.id === id);
    return sensor && profiles.sensors.get(sensor.profile)?.accumulates !== undefined;
  };
  const mustBeLevel = (sensor: string, path: readonly PropertyKey[]): void => {
    mustBe(sensors, sensor, path, "a sensor");
    if (accumulates(sensor)) report(path, "a sensor whose value rises and falls: this one counts up");
  };

  const lines = new Set<string>();
  file.cameras.forEach((camera, index) => {
    camera.lines.forEach(({ id }, i) => {
      if (lines.has(id))
        report(["cameras", index, "lines", i, "id"], "an id that no other line of the site has");
      lines.add(id);
    });
  });

  mustBe(profiles.boards, file.board, ["board"], "a board profile");
  file.cameras.forEach((camera, index) => {
    mustBe(profiles.cameras, camera.profile, ["cameras", index, "profile"], "a camera profile");
    uniqueIds(camera.zones, ["cameras", index, "zones"]);
    camera.zones.forEach(({ waterline }, i) => {
      if (!waterline) return;
      mustBeLevel(waterline.sensor, ["cameras", index, "zones", i, "waterline", "sensor"]);
    });
    uniqueIds(camera.privacy?.masks ?? [], ["cameras", index, "privacy", "masks"]);
    if (camera.privacy?.by === "camera" && !camera.onvif) {
      report(["cameras", index, "privacy", "by"], "box, because this camera has no onvif to be told by");
    }
    const isByPath = camera.main === undefined && camera.host !== undefined;
    const { paths = [] } = profiles.cameras.get(camera.profile) ?? {};
    if (isByPath && !camera.login && paths.some(({ pathMain }) => pathMain.includes("{password"))) {
      report(["cameras", index, "login"], "a login, because the addresses of this make have it in them");
    }
    if (
      camera.main === undefined &&
      (camera.host === undefined || !profiles.cameras.get(camera.profile)?.paths[0])
    ) {
      report(
        ["cameras", index, "main"],
        "an rtsp:// address, or a host and the profile of a make whose paths are known",
      );
    }
  });
  const { gps } = file;
  if (gps) {
    mustBe(buses, gps.bus, ["gps", "bus"], "a bus");
    const others = [...file.sensors.map(({ bus }) => bus), ...outputDevices(file).map(({ bus }) => bus)];
    if (others.includes(gps.bus)) report(["gps", "bus"], "a bus of its own: a receiver speaks unasked");
  }
  file.sensors.forEach((sensor, index) => {
    mustBe(buses, sensor.bus, ["sensors", index, "bus"], "a bus");
    mustBe(profiles.sensors, sensor.profile, ["sensors", index, "profile"], "a sensor profile");
  });
  for (const { path, bus, profile, kind } of outputDevices(file)) {
    mustBe(buses, bus, [...path, "bus"], "a bus");
    mustBe(profiles[PROFILES_OF[kind]], profile, [...path, "profile"], `${AN[kind]} profile`);
  }
  file.speakers.forEach(({ proof }, index) => {
    if (!proof || !("current" in proof)) return;
    mustBeLevel(proof.current.sensor, ["speakers", index, "proof", "current", "sensor"]);
  });
  const mustBeHorns = (named: readonly string[], of: Known, path: readonly PropertyKey[]): void => {
    named.forEach((id, index) => {
      mustBe(of, id, [...path, index], "a speaker");
    });
  };
  file.speakerGroups.forEach(({ id, speakers: members }, index) => {
    if (horns.has(id)) report(["speakerGroups", index, "id"], "an id that no speaker has");
    mustBeHorns(members, horns, ["speakerGroups", index, "speakers"]);
  });
  uniqueIds(file.programmes, ["programmes"]);
  file.programmes.forEach((programme, index) => {
    mustBeHorns(programme.speakers, speakers, ["programmes", index, "on"]);
  });
  for (const key of ["quietHours", "loudest"] as const) {
    file.broadcasts[key].forEach(({ speakers: held }, index) => {
      mustBeHorns(held ?? [], speakers, ["broadcasts", key, index, "on"]);
    });
  }
  const { killSwitch } = file.broadcasts;
  if (killSwitch !== undefined) mustBe(inputs, killSwitch, ["broadcasts", "killSwitch"], "an input");
  checkRules(file, { report, mustBe, cameras, sensors, inputs, speakers, accumulates });
  return problems;
}

import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { isRecord, nameIn, pick, placeName, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Named = Pick<VillageState, "rules" | "cameras" | "sensors" | "speakers">;
type Teller = (event: LedgerEvent, named: Named, speech: Speech) => Phrase;

/** What the ledger tells of devices, rules, zones, lines and masks that people change, and of water that zones follow. */
export const setUpTellers: Readonly<Record<string, Teller>> = {
  "rule.edited": tell("event.ruleEdited"),
  "rule.restored": tell("event.ruleRestored"),
  "zone.drawn": tell("event.zoneDrawn"),
  "zone.restored": tell("event.zoneRestored"),
  "line.drawn": tell("event.lineDrawn"),
  "line.removed": tell("event.lineRemoved"),
  "line.restored": tell("event.lineRestored"),
  "mask.drawn": tell("event.maskDrawn"),
  "mask.removed": tell("event.maskRemoved"),
  "mask.restored": tell("event.maskRestored"),
  "map.placed": tell("event.mapPlaced"),
  "map.pictured": tell("event.mapPictured"),
  "map.picture_restored": tell("event.mapPictureRestored"),
  "set_up.changed": tellSetUp("event.setUpChanged", "event.setUpRemoved"),
  "set_up.restored": tellSetUp("event.setUpRestored"),
  "set_up.taken_back": tellSetUp("event.setUpTakenBack"),
  "waterline.fault.raised": tell("event.waterlineLost"),
  "waterline.fault.cleared": tell("event.waterlineFound"),
};

function tell(key: string): Teller {
  return ({ data }, named, speech) =>
    phrase(key, {
      name: "line" in data || "mask" in data ? shapeName(data, named) : placeName(data, named),
      by: sourceOf(data["by"], speech),
      reason: speech.reason(textOf(data["fault"])),
      why: textOf(data["reason"]),
    });
}

const KINDS: Readonly<Record<string, string>> = {
  sensors: "changed.kinds.sensors",
  speakers: "changed.kinds.speakers",
  upstreams: "changed.kinds.upstreams",
  zones: "changed.kinds.zones",
  rules: "changed.kinds.rules",
};

/** Names the first of several, and what kind it is. */
function tellSetUp(key: string, removedKey = key): Teller {
  return ({ data }, named, speech) => {
    const all = [...listOf(data["changes"]), ...listOf(data["places"])];
    const first = all[0] ?? {};
    const isGone = all.length === 1 && first["entry"] === null;
    return phrase(all.length > 1 ? `${key}Many` : isGone ? removedKey : key, {
      kind: pick(KINDS, first["list"]) ?? "changed.kinds.other",
      name: entryName(first, named),
      count: all.length,
      by: sourceOf(data["by"], speech),
    });
  };
}

/** As it is written, or as the village knows it; of what is gone from both, its id. */
function entryName({ list, id, camera, entry }: LedgerEvent["data"], named: Named): string {
  const written = isRecord(entry) ? textOf(entry["name"]) : "";
  if (list === "zones") {
    const place = placeName({ camera, zone: id }, named);
    return written === "" ? place : `${nameIn(named.cameras, camera)} ${written}`;
  }
  if (written !== "") return written;
  if (list === "rules") return nameIn(named.rules, id);
  if (list === "sensors") return nameIn(named.sensors, id);
  const speaker = list === "speakers" ? named.speakers.find((one) => one.speaker === id) : undefined;
  return speaker?.name ?? textOf(id);
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}

/** The event says its name: it may be gone by now. */
function shapeName({ camera, name }: LedgerEvent["data"], { cameras }: Named): string {
  return `${nameIn(cameras, camera)} ${textOf(name)}`;
}

import type { LedgerEvent } from "../../../core/event.ts";
import type { DeskState } from "../../../core/township-desk.ts";
import { pick, type Speech, sourceOf, textOf } from "./event-data.ts";
import { eventPhrase, type Named } from "./event-words.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** What a desk has names for. */
export type DeskNames = Pick<DeskState, "boxes" | "alarms">;

/** Cameras, horns and rules have their names in the villages. */
const NOTHING: Named = { cameras: [], speakers: [], sensors: [], inputs: [], rules: [], alarms: [] };

const ACTS = { acknowledge: "deskEvent.acknowledge", clear: "deskEvent.clear", note: "deskEvent.note" };
const REFUSED = {
  acknowledge: "deskEvent.refused.acknowledge",
  clear: "deskEvent.refused.clear",
  note: "deskEvent.refused.note",
};
const WITHDRAWN = {
  acknowledge: "deskEvent.withdrawn.acknowledge",
  clear: "deskEvent.withdrawn.clear",
  note: "deskEvent.withdrawn.note",
};

/** An entry of the desk's own audit in plain words. */
export function deskEventPhrase(event: LedgerEvent, names: DeskNames, speech: Speech): Phrase {
  const { data, subject = "" } = event;
  const told = {
    by: sourceOf(data["by"], speech).trim(),
    person: textOf(data["person"]),
    reason: textOf(data["reason"]),
    site: textOf(data["site"]),
    to: textOf(data["to"]),
  };
  const at = (box: unknown): string => names.boxes.find(({ id }) => id === box)?.name ?? textOf(box);
  const alarm = alarmName(data["box"], subject, names);
  switch (event.type.replace(/^org\.cunshao\./, "")) {
    case "evidence.viewed":
      return phrase("deskEvent.clip", { ...told, village: at(data["box"]) });
    case "recording.viewed":
      return phrase("deskEvent.recording", { ...told, village: at(data["box"]), camera: subject });
    case "export.ordered":
      return phrase("deskEvent.exported", { ...told, village: at(data["box"]), camera: subject });
    case "export.fetched":
      return phrase("deskEvent.fetched", { ...told, village: at(data["box"]) });
    case "desk.spoke":
      return phrase("deskEvent.talk", { ...told, village: at(subject) });
    case "desk.opened": {
      const path = textOf(data["path"]);
      const camera = /^\/cameras\/([^/]+)\/(?:live|snapshot\.jpg)$/.exec(path)?.[1];
      const village = at(subject);
      if (camera !== undefined) return phrase("deskEvent.camera", { ...told, village, camera });
      return phrase(path === "/broadcasts/live" ? "deskEvent.talk" : "deskEvent.opened", {
        ...told,
        village,
        path,
      });
    }
    case "desk.act":
      return phrase(pick(ACTS, data["kind"]) ?? "deskEvent.note", {
        ...told,
        village: at(data["box"]),
        alarm,
      });
    case "desk.act_withdrawn":
      return phrase(pick(WITHDRAWN, data["kind"]) ?? "deskEvent.withdrawn.note", {
        ...told,
        village: at(data["box"]),
        alarm,
      });
    case "desk.act_refused":
      return phrase(pick(REFUSED, data["kind"]) ?? "deskEvent.refused.note", {
        ...told,
        village: at(data["box"]),
        alarm,
        reason: speech.reason(told.reason),
      });
    case "desk.refusal_read":
      return phrase("deskEvent.read", { ...told, village: at(data["box"]), alarm });
    case "desk.other_site":
      return phrase("deskEvent.otherSite", { ...told, village: at(subject) });
    case "desk.cursor_left":
      return phrase("deskEvent.cursorLeft", told);
    default:
      return eventPhrase(event, NOTHING, speech);
  }
}

/** Of one that the queue has no more the village alone is told. */
function alarmName(box: unknown, id: string, { alarms }: DeskNames): string {
  return alarms.find((one) => one.box === box && one.id === id)?.name ?? "";
}

import type { SiteFile } from "./schema.ts";

/** Names that may be referred to. */
export type Known = Pick<ReadonlyMap<string, unknown>, "has" | "keys">;

type FileRule = SiteFile["rules"][number];
type Path = readonly PropertyKey[];

interface Check {
  report(path: Path, expected: string): void;
  mustBe(known: Known, value: string, path: Path, what: string): void;
  readonly cameras: Known;
  readonly sensors: Known;
  readonly inputs: Known;
  readonly speakers: Known;
  /** Whether this sensor counts up, so that its value alone says nothing; undefined where there is no such sensor. */
  accumulates(sensor: string): boolean | undefined;
}

/** Every name that a rule uses and nothing defines, and what does not go together in it. */
export function checkRules(file: SiteFile, check: Check): void {
  file.rules.forEach((rule, index) => {
    const path = ["rules", index];
    checkCondition(file, check, rule, path);
    checkActions(file, check, rule, path);
    checkEscalation(file, check, rule, path);
    const { sensitivity } = rule;
    const isToldApart = sensitivity && (sensitivity.day === sensitivity.night || sensitivity.dayHours);
    if (sensitivity && !isToldApart && !file.site.location) {
      check.report(
        [...path, "sensitivity"],
        "dayHours beside day and night, because without site.location nobody knows when the sun rises",
      );
    }
    if (sensitivity && !("zone" in rule.when || rule.when.kind === "passage")) {
      check.report([...path, "sensitivity"], "no sensitivity, because this rule watches no people in a zone");
    }
  });
}

function checkCondition(file: SiteFile, check: Check, { when }: FileRule, path: Path): void {
  const { mustBe, report } = check;
  if (when.kind === "level") {
    mustBe(check.sensors, when.sensor, [...path, "when", "sensor"], "a sensor");
    const isSum = when.overHours !== undefined;
    const accumulates = check.accumulates(when.sensor) ?? isSum;
    if (accumulates && !isSum) {
      report(
        [...path, "when", "over"],
        "{hours: 1}: this sensor counts up, and what came in the last hours is meant",
      );
    } else if (isSum && !accumulates) {
      report([...path, "when", "over"], "no over: only a sensor that counts up, as a rain gauge, is summed");
    }
    return;
  }
  if (when.kind === "contact") {
    mustBe(check.inputs, when.input, [...path, "when", "input"], "an input");
    return;
  }
  const at = [...path, "when", when.kind];
  mustBe(check.cameras, when.camera, [...at, "camera"], "a camera");
  const camera = file.cameras.find(({ id }) => id === when.camera);
  if (!camera) return;
  if (when.kind === "line") {
    mustBe(idsOf(camera.lines), when.line, [...at, "line"], `a line of ${when.camera}`);
    return;
  }
  const zones = idsOf(camera.zones);
  const mustBeZone = (zone: string, key: string): void =>
    mustBe(zones, zone, [...at, key], `a zone of ${when.camera}`);
  if (when.kind !== "passage") {
    mustBeZone(when.zone, "zone");
    return;
  }
  mustBeZone(when.from, "from");
  mustBeZone(when.to, "to");
  if (when.from === when.to) report([...at, "to"], "another zone than from");
}

function checkActions(file: SiteFile, check: Check, rule: FileRule, path: Path): void {
  const { mustBe, report } = check;
  rule.then.forEach((action, step) => {
    const at = [...path, "then", step];
    if (action.kind === "look") {
      const turnable = file.cameras.filter(({ onvif, privacy }) => onvif && privacy?.by !== "box");
      const what = "a camera with onvif that is not masked by the box";
      mustBe(idsOf(turnable), action.camera, [...at, "look", "camera"], what);
    }
    if (action.kind === "alarm") {
      const named = typeof action.evidence === "object" ? action.evidence.camera : undefined;
      if (named !== undefined) mustBe(check.cameras, named, [...at, "evidence", "camera"], "a camera");
      else if (action.evidence && !("camera" in rule.when)) {
        report(
          [...at, "evidence"],
          "{camera: <id>}: a rule that watches no camera names the one to take it from",
        );
      }
      mustOnlyAsk(check, rule, action.severity, [...at, "alarm", "severity"]);
    }
    if (action.kind === "switch") checkSwitches(file, check, action, at);
    if (action.kind === "say") {
      action.speakers.forEach((id, i) => {
        mustBe(check.speakers, id, [...at, "on", i], "a speaker");
      });
    }
  });
  if (rule.then.filter((action) => action.kind === "alarm").length > 1) {
    report([...path, "then"], "at most one alarm");
  }
}

function checkEscalation(file: SiteFile, check: Check, rule: FileRule, path: Path): void {
  const { mustBe, report } = check;
  const speaks = rule.then.some((action) => action.kind === "say");
  const raises = rule.then.some((action) => action.kind === "alarm");
  rule.escalate.forEach((step, i) => {
    const at = [...path, "escalate", i];
    step.speakers?.forEach((id, j) => {
      mustBe(check.speakers, id, [...at, "on", j], "a speaker");
    });
    if (step.text !== undefined && !step.speakers && !speaks) {
      report([...at, "on"], "speakers, because `then` names none to go on with");
    }
    if (step.switchOn) checkSwitches(file, check, step.switchOn, at);
    if (!step.severity) return;
    if (!raises) report([...at, "severity"], "no severity, because `then` raises no alarm");
    mustOnlyAsk(check, rule, step.severity, [...at, "severity"]);
  });
}

function checkSwitches(
  file: SiteFile,
  { mustBe, report }: Check,
  { switches, forSeconds }: { readonly switches: readonly string[]; readonly forSeconds: number },
  path: Path,
): void {
  switches.forEach((id, i) => {
    mustBe(idsOf(file.switches), id, [...path, "switch", i], "a switch");
    const most = file.switches.find((each) => each.id === id)?.maxOnSeconds ?? Number.POSITIVE_INFINITY;
    if (forSeconds > most) {
      report([...path, "forSeconds"], `at most ${most}, the maxOnSeconds of ${id}`);
    }
  });
}

/** Nobody knows what became of who vanished: it is asked, not stated. */
function mustOnlyAsk({ report }: Check, { when }: FileRule, severity: string, path: Path): void {
  if (when.kind === "vanished" && severity !== "notice" && severity !== "warning") {
    report(path, "notice or warning, because who vanished is a question to whoever looks, not a finding");
  }
}

function idsOf(items: readonly { readonly id: string }[]): Known {
  return new Map(items.map((item) => [item.id, item]));
}

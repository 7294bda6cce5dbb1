import type { Alarm, AlarmBook, PastAlarms } from "../core/alarm.ts";
import type { Outbox } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Camera, ContactInput, Rule, Sensor } from "../core/site.ts";
import type { AlarmMark, AlarmView } from "../core/village.ts";

/** Alarms that the page shows at once; more only where more are open. */
const SHOWN = 50;
/** More than a bar of time could keep apart. */
const MOST_MARKS = 500;

export interface AlarmViews {
  current(): readonly AlarmView[];
  /** As `Village.alarm`. */
  one(id: string): Promise<AlarmView | undefined>;
  /** @throws GatewayError `ledger.*`. */
  past(query: PastAlarms): Promise<readonly AlarmView[]>;
  /** As `Village.alarmsBefore`. */
  before(camera: string, from: string, until: string): Promise<readonly AlarmMark[]>;
  /** Reads them again; calls that arrive meanwhile are answered by one more reading. */
  refresh(): Promise<void>;
}

export interface AlarmViewSources {
  readonly alarms: AlarmBook;
  readonly outbox: Outbox;
  readonly rules: readonly Rule[];
  readonly cameras: readonly Camera[];
  readonly sensors: readonly Sensor[];
  readonly inputs: readonly ContactInput[];
  readonly log: Logger;
}

interface NamedPlaces {
  readonly cameras: readonly Named[];
  readonly sensors: readonly Named[];
  readonly inputs: readonly Named[];
}

type Named = Pick<Camera, "id" | "name">;

/** Alarms with names, places and what became of them upstream, kept ready for the page. */
export function createAlarmViews(sources: AlarmViewSources, onChange: () => void): AlarmViews {
  let views: readonly AlarmView[] = [];
  let reading: Promise<void> | undefined;
  let again = false;

  async function viewsOf(alarms: readonly Alarm[]): Promise<readonly AlarmView[]> {
    const seqs = alarms.map(({ seq }) => seq);
    const deliveries =
      seqs.length === 0 ? [] : await sources.outbox.deliveries(Math.min(...seqs), Math.max(...seqs));
    return alarms.map((alarm) => ({
      ...alarm,
      ...placeOf(sources, alarm),
      delivered: deliveries
        .filter((one) => one.class === "alarm" && one.firstSeq <= alarm.seq && alarm.seq <= one.lastSeq)
        .map(({ upstream, at }) => ({ upstream, at })),
    }));
  }

  async function read(): Promise<void> {
    views = await viewsOf(await openAndLatest(sources.alarms));
    onChange();
  }

  async function readUntilCurrent(): Promise<void> {
    do {
      again = false;
      await read().catch((error: unknown) => {
        sources.log.error({ code: errorCode(error) }, "the alarms could not be read for the page");
      });
    } while (again);
    reading = undefined;
  }

  return {
    current: () => views,
    async one(id) {
      const alarm = await sources.alarms.get(id);
      return alarm && (await viewsOf([alarm]))[0];
    },
    past: async (query) => viewsOf(await sources.alarms.past(query)),
    async before(camera, from, until) {
      const seen = sources.rules.filter((rule) => placeOf(sources, { rule: rule.id }).camera === camera);
      const rules = seen.map(({ id }) => id);
      const found = await sources.alarms.past({ from, until, rules, limit: MOST_MARKS });
      return found
        .map(({ id, seq, rule, severity, raisedAt }) => {
          return { id, seq, severity, raisedAt, name: placeOf(sources, { rule }).name };
        })
        .sort((a, b) => Date.parse(a.raisedAt) - Date.parse(b.raisedAt));
    },
    refresh() {
      again = reading !== undefined;
      reading ??= readUntilCurrent();
      return reading;
    },
  };
}

/** A call for help that nobody cleared stays in sight, however many alarms came and went after it. */
async function openAndLatest(book: AlarmBook): Promise<Alarm[]> {
  const [open, latest] = await Promise.all([book.open(), book.latest(SHOWN)]);
  const cleared = latest.filter(({ status }) => status === "cleared");
  const shown = [...open, ...cleared.slice(0, Math.max(0, SHOWN - open.length))];
  return shown.sort((a, b) => b.seq - a.seq);
}

/** What a rule watches, as people call it. */
export function placeOf(
  sources: Pick<AlarmViewSources, "rules"> & NamedPlaces,
  alarm: Pick<Alarm, "rule">,
): Pick<AlarmView, "name" | "place" | "camera"> {
  const rule = sources.rules.find(({ id }) => id === alarm.rule);
  // A rule that was since taken out of the configuration has left only its id.
  if (!rule) return { name: alarm.rule, place: "" };
  const named = (items: readonly { id: string; name: string }[], id: string): string =>
    items.find((item) => item.id === id)?.name ?? id;
  const { name, when, alarm: raised } = rule;
  // Where the rule watches no camera, the one that shows the place.
  const shown = raised?.evidence && { camera: raised.evidence.camera };
  switch (when.kind) {
    case "person":
    case "line":
    case "passage":
    case "group":
    case "vanished":
      return { name, place: named(sources.cameras, when.camera), camera: when.camera };
    case "level":
      return { name, place: named(sources.sensors, when.sensor), ...shown };
    case "contact":
      return { name, place: named(sources.inputs, when.input), ...shown };
  }
}

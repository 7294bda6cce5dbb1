import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cursor, Cursors, Delivery, Outbox } from "../../src/core/delivery.ts";
import { CLASSES_BY_URGENCY } from "../../src/core/delivery.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { EventClass, EventDraft, Ledger, LedgerEvent } from "../../src/core/event.ts";
import { type Accumulation, grownBetween } from "../../src/core/growth.ts";
import type { MonthEvents } from "../../src/core/monthly-sheet.ts";
import type { CrossingBook, MovementQuery, MovementSpan, MovementStore } from "../../src/core/movement.ts";
import { shareCells } from "../../src/core/movement-cells.ts";
import { addRange, type SeqRange } from "../../src/core/seq-ranges.ts";
import { createSignal } from "../../src/core/signals.ts";
import type { EvidenceStore, ReadingStore, StoredReading } from "../../src/core/stores.ts";
import { type Clock, isoTime } from "../../src/core/time.ts";

// The buffer's ports in memory, for tests of rooms that only ask them.

export function createLedgerDouble(clock: Clock, id = "ledger1"): Ledger & { failing: boolean } {
  const events: LedgerEvent[] = [];
  const appended = createSignal<LedgerEvent>();
  return {
    id,
    failing: false,
    get head() {
      return events.length;
    },
    async append(draft: EventDraft) {
      if (this.failing)
        throw new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
      const seq = events.length + 1;
      const { subject, ...rest } = draft;
      const event: LedgerEvent = {
        specversion: "1.0",
        id: `${id}-${seq}`,
        source: "/sites/test",
        ...rest,
        ...(subject === undefined ? {} : { subject }),
        time: isoTime(clock.now().wallMs),
        datacontenttype: "application/json",
        ledger: id,
        seq,
        boot: "boot",
        monotonic: Math.round(clock.now().monotonicMs),
        clock: "synced",
        prevhash: "",
        hash: createHash("sha256").update(`${seq}${draft.type}`).digest("hex"),
      };
      events.push(event);
      appended.emit(event);
      return event;
    },
    async read({ after, limit, class: eventClass, except }) {
      return events
        .slice(after)
        .filter((event) => (!eventClass || event.class === eventClass) && event.class !== except)
        .slice(0, limit);
    },
    latest: async (limit) => events.slice(-limit).reverse(),
    onAppend: (listener) => appended.on(listener),
  };
}

/** All that the ledger has, some at a time. */
export function createMonthEventsDouble(ledger: Ledger): MonthEvents {
  return {
    async *between() {
      for (let after = 0; ; ) {
        const events = await ledger.read({ after, limit: 3 });
        const last = events.at(-1);
        if (!last) return;
        yield events;
        after = last.seq;
      }
    },
  };
}

export function createOutboxDouble(): Outbox & { readonly made: Delivery[] } {
  const made: Delivery[] = [];
  return {
    made,
    async acknowledged(upstream) {
      return Math.max(0, ...made.filter((one) => one.upstream === upstream).map(({ lastSeq }) => lastSeq));
    },
    async acknowledge(upstream, lastSeq, at) {
      const firstSeq = (await this.acknowledged(upstream)) + 1;
      if (lastSeq < firstSeq) return;
      for (const each of CLASSES_BY_URGENCY) made.push({ upstream, class: each, firstSeq, lastSeq, at });
    },
    async accept(upstream, { at, spans }) {
      for (const { class: eventClass, first, last } of spans)
        made.push({ upstream, class: eventClass, firstSeq: first, lastSeq: last, at });
    },
    async lanes(upstream) {
      const lane = (eventClass: EventClass) =>
        made
          .filter((one) => one.upstream === upstream && one.class === eventClass)
          .reduce<readonly SeqRange[]>(
            (ranges, { firstSeq, lastSeq }) => addRange(ranges, { first: firstSeq, last: lastSeq }),
            [],
          );
      return { alarm: lane("alarm"), state: lane("state"), audit: lane("audit") };
    },
    word: async () => undefined,
    heard: async () => undefined,
    absent: async () => [],
    waiting: async () => ({ events: 0, alarms: 0 }),
    deliveries: async (first, last) => made.filter((one) => one.lastSeq >= first && one.firstSeq <= last),
  };
}

export function createCursorsDouble(ledger: Ledger): Cursors {
  const cursors = new Map<string, Cursor>();
  const refuse = (code: string): never => {
    throw new GatewayError("Refused", { code, kind: "permanent" });
  };
  return {
    get: async (name) => cursors.get(name),
    list: async () => [...cursors.values()],
    async put({ takeOver, ...cursor }) {
      if (cursor.ledger !== ledger.id) refuse("cursor.other_ledger");
      if (cursor.seq > ledger.head) refuse("cursor.future");
      const before = cursors.get(cursor.name);
      if (before?.holder !== undefined && before.holder !== cursor.holder && !takeOver)
        refuse("cursor.taken");
      cursors.set(cursor.name, cursor);
      return { before };
    },
    async backlog(position) {
      const after = position.ledger === ledger.id ? position.seq : 0;
      const events = await ledger.read({ after, limit: 1000 });
      return { events: events.length, alarms: events.filter((one) => one.class === "alarm").length };
    },
    remove: async (name) => cursors.delete(name),
    unreadFrom: async () => undefined,
  };
}

export function createEvidenceDouble(): EvidenceStore {
  const folder = mkdtempSync(join(tmpdir(), "evidence-"));
  const files = new Map<string, { path: string; mediaType: string; sizeBytes: number }>();
  return {
    async put(content, mediaType) {
      const id = createHash("sha256").update(content).digest("hex");
      const path = join(folder, id);
      writeFileSync(path, content);
      files.set(id, { path, mediaType, sizeBytes: content.length });
      return id;
    },
    async putFile(path, mediaType) {
      const id = await this.put(readFileSync(path), mediaType);
      rmSync(path);
      return id;
    },
    find: async (id) => files.get(id),
  };
}

export function createReadingsDouble(): ReadingStore {
  const readings: StoredReading[] = [];
  return {
    add: (reading) => readings.push(reading),
    between: async (sensor, from, to, limit) =>
      readings.filter((one) => one.sensor === sensor && one.at >= from && one.at <= to).slice(0, limit),
    async curve(sensor, fromMs, toMs, parts, accumulates) {
      const partMs = Math.ceil((toMs - fromMs) / parts);
      const steps = accumulates ? growthSteps(readings, sensor, accumulates) : [];
      return Array.from({ length: parts }, (_, index) => fromMs + index * partMs).flatMap((at) => {
        const isIn = (ms: number): boolean => ms >= at && ms < Math.min(at + partMs, toMs);
        const found = readings.filter((one) => one.sensor === sensor && isIn(Date.parse(one.at)));
        if (found.length === 0) return [];
        const good = found.flatMap(({ value, quality }) =>
          quality === "good" && value !== null ? [value] : [],
        );
        const count = (what: string): number => found.filter(({ quality }) => quality === what).length;
        return [
          {
            from: isoTime(at),
            to: isoTime(Math.min(at + partMs, toMs)),
            low: good.length > 0 ? Math.min(...good) : null,
            high: good.length > 0 ? Math.max(...good) : null,
            mean: good.length > 0 ? good.reduce((sum, value) => sum + value, 0) / good.length : null,
            ...(accumulates && { grown: good.length > 0 ? sumOf(steps, isIn) : null }),
            lost: count("lost"),
            invalid: count("invalid"),
          },
        ];
      });
    },
  };
}

/** Keeps what it was asked, and answers with every span of the camera. */
export function createMovementDouble(): MovementStore & { readonly asked: MovementQuery[] } {
  const spans: MovementSpan[] = [];
  const asked: MovementQuery[] = [];
  return {
    asked,
    add: (span) => spans.push(span),
    density: async (camera, fromMs, toMs) =>
      spans
        .filter((span) => span.camera === camera && span.fromMs < toMs && span.toMs >= fromMs)
        .map((span) => ({ fromMs: span.fromMs, toMs: span.toMs, share: 1 })),
    async find(query) {
      asked.push(query);
      const { camera, fromMs, toMs, zone, cells } = query;
      return {
        spans: spans.filter(
          (span) =>
            span.camera === camera &&
            span.fromMs < toMs &&
            span.toMs >= fromMs &&
            (zone === undefined || span.zones.includes(zone)) &&
            (cells === undefined || shareCells(span.cells, cells)),
        ),
      };
    },
  };
}

/** Reads the crossings out of the ledger's double. */
export function createCrossingsDouble(ledger: Ledger): CrossingBook {
  async function all(fromMs: number, toMs: number) {
    const events = await ledger.latest(1000);
    return events
      .filter(({ type }) => type === "org.cunshao.line.crossed" || type === "org.cunshao.line.counted")
      .map(({ seq, subject = "", data, time, clock }) => ({
        seq,
        camera: String(data["camera"]),
        line: subject,
        at: typeof data["at"] === "string" ? data["at"] : time,
        clock,
        in: data["direction"] === "in" ? 1 : Number(data["in"] ?? 0),
        out: data["direction"] === "out" ? 1 : Number(data["out"] ?? 0),
        ...(typeof data["snapshot"] === "string" ? { snapshot: data["snapshot"] } : {}),
      }))
      .filter(({ at }) => Date.parse(at) >= fromMs && Date.parse(at) < toMs);
  }
  return {
    between: async (fromMs, toMs, limit, line) =>
      (await all(fromMs, toMs)).filter((one) => line === undefined || one.line === line).slice(0, limit),
    async counts(fromMs, toMs) {
      const counts = new Map<string, { line: string; in: number; out: number }>();
      for (const { line, in: ins, out } of await all(fromMs, toMs)) {
        const before = counts.get(line) ?? { line, in: 0, out: 0 };
        counts.set(line, { line, in: before.in + ins, out: before.out + out });
      }
      return [...counts.values()];
    },
  };
}

interface GrowthStep {
  readonly atMs: number;
  readonly grown: number;
}

function growthSteps(
  readings: readonly StoredReading[],
  sensor: string,
  accumulates: Accumulation,
): GrowthStep[] {
  const good = readings
    .flatMap(({ sensor: of, at, value }) =>
      of === sensor && value !== null ? [{ atMs: Date.parse(at), value }] : [],
    )
    .sort((a, b) => a.atMs - b.atMs);
  return good.slice(1).map(({ atMs, value }, index) => {
    return { atMs, grown: grownBetween(good[index]?.value ?? value, value, accumulates) };
  });
}

function sumOf(steps: readonly GrowthStep[], isIn: (ms: number) => boolean): number {
  return steps.reduce((sum, { atMs, grown }) => (isIn(atMs) ? sum + grown : sum), 0);
}

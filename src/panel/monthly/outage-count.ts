import type { LedgerEvent } from "../../core/event.ts";
import {
  LEAST_OUTAGE_SECONDS,
  type MonthlySheet,
  OUTAGE_KINDS,
  type OutageKind,
  type SheetOutage,
} from "../../core/monthly-sheet.ts";
import { isoTime } from "../../core/time.ts";
import type { EventTime } from "./event-times.ts";
import type { MonthSpan } from "./month-span.ts";

/** A line that is found broken so soon after a start was broken before it. */
const SAME_OUTAGE_MS = 300_000;

export interface OutageCount {
  add(event: LedgerEvent, at: EventTime): void;
  /**
   * @param nowMs what lasts until then has not ended.
   * @param mostListed outages; of more the longer ones.
   */
  result(nowMs: number, mostListed: number, nameOf: OutageNames): MonthlySheet["outages"];
}

export type OutageNames = (kind: OutageKind, id: string) => string;

interface Outage {
  readonly kind: OutageKind;
  readonly id: string;
  readonly why: string;
  readonly fromMs: number;
  untilMs?: number | undefined;
}

/** Counts what was out in a month, from the events of the month and all that were before. */
export function createOutageCount({ dayStartsMs, untilMs: monthUntilMs }: MonthSpan): OutageCount {
  const monthFromMs = dayStartsMs[0] ?? 0;
  const open = new Map<string, Outage>();
  const over: Outage[] = [];
  /** The boot and whether it was stopped in order, as the events before told. */
  let boot: string | undefined;
  let wasStopped = false;

  function begin(kind: OutageKind, id: string, why: string, fromMs: number): void {
    const key = `${kind} ${id}`;
    if (!open.has(key)) open.set(key, { kind, id, why, fromMs });
  }

  function end(kind: OutageKind, id: string, untilMs: number): void {
    const key = `${kind} ${id}`;
    const outage = open.get(key);
    open.delete(key);
    if (outage) keep({ ...outage, untilMs });
  }

  function keep(outage: Outage & { readonly untilMs: number }): void {
    const isLong = outage.untilMs - outage.fromMs >= LEAST_OUTAGE_SECONDS * 1000;
    if (isLong && outage.untilMs > monthFromMs && outage.fromMs < monthUntilMs) over.push(outage);
  }

  function started({ boot: bootNow, data }: LedgerEvent, atMs: number): void {
    // What it watched is found anew, and told anew where it is still so.
    for (const { kind, id } of [...open.values()]) {
      if (kind === "line" || kind === "supply") end(kind, id, atMs);
    }
    const signMs = typeof data["lastSign"] === "string" ? Date.parse(data["lastSign"]) : Number.NaN;
    const why = wasStopped ? "stopped" : boot === bootNow ? "restart" : "power";
    if (signMs < atMs) keep({ kind: "box", id: "", why, fromMs: signMs, untilMs: atMs });
    startedMs = atMs;
  }
  let startedMs = Number.NEGATIVE_INFINITY;

  /** @param sinceMs by the clock of the time. */
  function lineLost(id: string, why: string, atMs: number): void {
    const isSame = ({ kind, id: other, untilMs }: Outage): boolean =>
      kind === "line" && other === id && untilMs === startedMs && atMs - startedMs < SAME_OUTAGE_MS;
    const index = over.findLastIndex(isSame);
    const before = index < 0 ? undefined : over.splice(index, 1)[0];
    if (before) begin("line", id, before.why, before.fromMs);
    else begin("line", id, why, atMs);
  }

  return {
    add(event, { ms }) {
      const { type, data, subject: id = "" } = event;
      switch (type) {
        case "org.cunshao.gateway.started":
          started(event, ms);
          break;
        case "org.cunshao.upstream.lost":
          lineLost(id, textOf(data["reason"]), ms - secondsOf(data["seconds"]) * 1000);
          break;
        case "org.cunshao.upstream.found":
          end("line", id, ms);
          break;
        case "org.cunshao.camera.fault.raised":
          begin("camera", id, textOf(data["fault"]), ms);
          break;
        case "org.cunshao.camera.fault.cleared":
          end("camera", id, ms);
          break;
        case "org.cunshao.sensor.changed":
          if (data["quality"] === "good") end("sensor", id, ms);
          else begin("sensor", id, textOf(data["quality"]), ms);
          break;
        case "org.cunshao.speaker.silent.raised":
          begin("speaker", id, "", ms);
          break;
        case "org.cunshao.speaker.silent.cleared":
          end("speaker", id, ms);
          break;
        case "org.cunshao.board.supply":
          if (data["supply"] === "low") begin("supply", "", "", ms);
          else end("supply", "", ms);
          break;
      }
      wasStopped =
        type === "org.cunshao.gateway.stopping" || (wasStopped && type !== "org.cunshao.gateway.started");
      boot = event.boot;
    },
    result(nowMs, mostListed, nameOf) {
      const endMs = Math.min(nowMs, monthUntilMs);
      const still = [...open.values()].filter(({ fromMs }) => endMs - fromMs >= LEAST_OUTAGE_SECONDS * 1000);
      const all = [...over, ...still].map((outage) => ({
        ...outage,
        fromInMs: Math.max(outage.fromMs, monthFromMs),
        untilInMs: Math.min(outage.untilMs ?? endMs, endMs),
      }));
      const seconds = ({ fromInMs, untilInMs }: (typeof all)[number]): number =>
        Math.round((untilInMs - fromInMs) / 1000);
      const of = Object.fromEntries(
        OUTAGE_KINDS.map((kind) => {
          const ofKind = all.filter((outage) => outage.kind === kind);
          return [
            kind,
            { count: ofKind.length, seconds: ofKind.reduce((sum, one) => sum + seconds(one), 0) },
          ];
        }),
      ) as MonthlySheet["outages"]["of"];
      const listed = [...all].sort((a, b) => seconds(b) - seconds(a)).slice(0, mostListed);
      return {
        of,
        list: listed
          .sort((a, b) => a.fromInMs - b.fromInMs)
          .map(
            ({ kind, id, why, fromMs, untilMs, fromInMs, untilInMs }): SheetOutage => ({
              ...{ kind, name: nameOf(kind, id), why, from: isoTime(fromInMs), until: isoTime(untilInMs) },
              beganBefore: fromMs < monthFromMs,
              isOpen: untilMs === undefined || untilMs > endMs,
            }),
          ),
        leftOut: all.length - listed.length,
      };
    },
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function secondsOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}

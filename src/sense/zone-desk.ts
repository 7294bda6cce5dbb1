import { isDeepStrictEqual } from "node:util";
import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { ReadingObservation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Camera } from "../core/site.ts";
import { createTurns } from "../core/turns.ts";
import type { DrawnZone, ZoneDesk, ZoneDrawing } from "../core/zones.ts";
import { checkDrawing } from "./drawn-outlines.ts";
import { viewOf, type ZoneNow, zoneAfter, zoneNow } from "./zone-now.ts";

/** A sensor as far as a waterline needs it. */
export interface LevelSource {
  readonly sensor: { readonly id: string };
  /** Of one that counts up: no water's edge follows it. */
  readonly accumulates?: unknown;
  readonly observations: Signal<ReadingObservation>;
  latest(): ReadingObservation | undefined;
}

export interface ZoneDeskDependencies {
  readonly ledger: Pick<Ledger, "append">;
  /** For what has happened already: writes it as soon as the disk takes it. */
  readonly record: (draft: EventDraft) => void;
  readonly sensors: readonly LevelSource[];
  readonly log: Logger;
}

export interface StandingZones extends ZoneDesk, Part {
  /** A camera whose zones are others now than they were; at the start, every camera with zones. */
  readonly changes: Signal<string>;
}

/** Of a drawing that is only tried. */
const NOBODY = { by: { kind: "person", name: "" }, at: "" } as const;

/** Holds the zones as they are drawn and as the water stands. @param drawn in earlier runs. */
export function createZoneDesk(
  { ledger, record, sensors, log }: ZoneDeskDependencies,
  cameras: readonly Pick<Camera, "id" | "zones">[],
  drawn: readonly DrawnZone[],
): StandingZones {
  const changes = createSignal<string>();
  const sensorIds = sensors.flatMap(({ sensor, accumulates }) => (accumulates ? [] : [sensor.id]));
  const standing = new Map(
    cameras.map(({ id, zones }) => [id, zones.map((zone) => zoneNow(zone, heldOf(id, zone.id)))]),
  );
  let unsubscribe: (() => void)[] = [];
  /** Of two for one zone the later holds, here and on the disk. */
  const turns = createTurns(1);

  /** What was drawn once may not fit what the site is now: then what is configured holds. */
  function heldOf(camera: string, zone: string): DrawnZone | undefined {
    const found = drawn.find((one) => one.camera === camera && one.zone === zone);
    if (!found) return undefined;
    try {
      checkDrawing(found, sensorIds);
      return found;
    } catch (error) {
      log.warn({ camera, zone, code: errorCode(error) }, "a zone's drawing is left out");
      return undefined;
    }
  }

  function exchange(camera: string, before: ZoneNow, after: ZoneNow): boolean {
    if (before === after) return false;
    const zones = standing.get(camera) ?? [];
    standing.set(
      camera,
      zones.map((zone) => (zone === before ? after : zone)),
    );
    tellFault(camera, before, after);
    return before.polygon !== after.polygon || before.water?.level.state !== after.water?.level.state;
  }

  function tellFault(camera: string, before: ZoneNow, after: ZoneNow): void {
    const [was, is] = [before.water?.level.fault, after.water?.level.fault];
    if (was === is) return;
    const { configured, waterline } = is ? after : before;
    const data = { camera, zone: configured.id, sensor: waterline?.sensor, fault: is ?? was };
    const type = `org.cunshao.waterline.fault.${is ? "raised" : "cleared"}`;
    record({ type, class: "state", subject: camera, data });
  }

  function onReading(reading: ReadingObservation): void {
    for (const [camera, zones] of standing) {
      const moved = zones.map((zone) => exchange(camera, zone, zoneAfter(zone, reading)));
      if (moved.includes(true)) changes.emit(camera);
    }
  }

  function find(camera: string, id: string): ZoneNow {
    const zones = standing.get(camera);
    if (!zones) throw refused("camera.unknown", `there is no camera ${camera}`);
    const zone = zones.find(({ configured }) => configured.id === id);
    if (!zone) throw refused("zone.unknown", `camera ${camera} has no zone ${id}`);
    return zone;
  }

  /** The same zone drawn so, at the present level. */
  function redrawn({ configured }: ZoneNow, drawing: DrawnZone | undefined): ZoneNow {
    const fresh = zoneNow(configured, drawing);
    const reading = sensors.find(({ sensor }) => sensor.id === fresh.waterline?.sensor)?.latest();
    return reading ? zoneAfter(fresh, reading) : fresh;
  }

  function hold(camera: string, id: string, drawing: DrawnZone | undefined): ZoneNow {
    const before = find(camera, id);
    const after = redrawn(before, drawing);
    exchange(camera, before, after);
    changes.emit(camera);
    return after;
  }

  async function draw(
    camera: string,
    id: string,
    drawing: ZoneDrawing,
    by: BroadcastSource,
    over: string | null | undefined,
  ): Promise<ZoneNow> {
    const before = find(camera, id);
    const { drawn } = before;
    checkDrawing(drawing, sensorIds);
    // The same once more: the answer to the first got lost.
    if (isDeepStrictEqual(drawn, { camera, zone: id, ...drawing, by, at: drawn?.at })) return before;
    if (over !== undefined && over !== (drawn?.at ?? null)) {
      throw refused(
        "zone.changed",
        drawn ? `${drawn.by.name} has drawn it meanwhile` : "it was put back meanwhile",
      );
    }
    const data = { camera, zone: id, ...drawing, by };
    const { time } = await ledger.append({
      type: "org.cunshao.zone.drawn",
      class: "audit",
      subject: camera,
      data,
    });
    return hold(camera, id, { ...data, at: time });
  }

  async function restore(camera: string, id: string, by: BroadcastSource): Promise<ZoneNow> {
    if (!find(camera, id).drawn) return find(camera, id);
    const data = { camera, zone: id, by };
    await ledger.append({ type: "org.cunshao.zone.restored", class: "audit", subject: camera, data });
    return hold(camera, id, undefined);
  }

  return {
    name: "zones",
    changes,
    health() {
      const faults = [...standing.values()].flat().flatMap(({ water }) => water?.level.fault ?? []);
      const [reason] = faults;
      return reason ? { name: "zones", status: "degraded", reason } : { name: "zones", status: "ok" };
    },
    async start() {
      unsubscribe = sensors.map(({ observations }) => observations.on(onReading));
      for (const [camera, zones] of standing) if (zones.length > 0) changes.emit(camera);
    },
    async stop() {
      for (const end of unsubscribe) end();
      unsubscribe = [];
    },
    zonesOf: (camera) => (standing.get(camera) ?? []).map(viewOf),
    draw: async (camera, zone, drawing, by, over) =>
      viewOf(await turns.take(() => draw(camera, zone, drawing, by, over))),
    preview(camera, id, drawing) {
      const tried = find(camera, id);
      checkDrawing(drawing, sensorIds);
      const drawn = { ...drawing, camera, zone: id, ...NOBODY };
      return (standing.get(camera) ?? []).map((zone) => viewOf(zone === tried ? redrawn(zone, drawn) : zone));
    },
    restore: async (camera, zone, by) => viewOf(await turns.take(() => restore(camera, zone, by))),
  };
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

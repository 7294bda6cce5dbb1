import type { LedgerEvent } from "../core/event.ts";
import {
  MAP_GROUNDS,
  MAP_KINDS,
  type MapBook,
  type MapPicture,
  type MapPlace,
  type PlacedMap,
} from "../core/village-map.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

interface PartRow {
  readonly part: string;
  readonly time: string;
  readonly data: string;
}

const TYPE = /^org\.cunshao\.map\.(placed|pictured|picture_restored)$/;
const PICTURE = "picture";
const FORMER = "former";
const partOf = (ground: string): string => `placed-${ground}`;

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, time, data } of events) {
    const [, what] = TYPE.exec(type) ?? [];
    if (what !== "placed") {
      // Whatever was the picture can be put back.
      await run("DELETE FROM village_map WHERE part = ?", [FORMER]);
      await run("UPDATE village_map SET part = ? WHERE part = ?", [FORMER, PICTURE]);
    }
    await run("INSERT OR REPLACE INTO village_map (part, time, data) VALUES (?, ?, ?)", [
      what === "placed" ? partOf(String(data["ground"])) : PICTURE,
      time,
      JSON.stringify(data),
    ]);
  }
}

/** What is no picture, or no places, is none: people bring it in, or place it, anew. */
function toPicture(row: PartRow | undefined): MapPicture | undefined {
  if (!row) return undefined;
  const { sha256, width, height, sizeBytes, by } = JSON.parse(row.data) as Record<string, unknown>;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256) || !isSource(by)) return undefined;
  if (!isPositive(width) || !isPositive(height) || !isPositive(sizeBytes)) return undefined;
  return { sha256, width, height, sizeBytes, by, at: row.time };
}

function toPlaced(row: PartRow | undefined): PlacedMap | undefined {
  if (!row) return undefined;
  const { places, by } = JSON.parse(row.data) as Record<string, unknown>;
  if (!Array.isArray(places) || !places.every(isPlace) || !isSource(by)) return undefined;
  return { places, by, at: row.time };
}

function isPlace(value: unknown): value is MapPlace {
  const { kind, id, x, y, headingDegrees, reach } = (value ?? {}) as Partial<Record<keyof MapPlace, unknown>>;
  const isNumber = (one: unknown): boolean => typeof one === "number";
  return (
    (MAP_KINDS as readonly unknown[]).includes(kind) &&
    typeof id === "string" &&
    isNumber(x) &&
    isNumber(y) &&
    (headingDegrees === undefined || isNumber(headingDegrees)) &&
    (reach === undefined || isNumber(reach))
  );
}

function isPositive(value: unknown): value is number {
  return typeof value === "number" && value > 0;
}

/** The map as people made it; the ledger keeps it by `projection`. */
export function createMapBook(database: Database): {
  readonly book: MapBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async kept() {
        const rows = await database.all<PartRow>("SELECT part, time, data FROM village_map");
        const row = (part: string): PartRow | undefined => rows.find((one) => one.part === part);
        return {
          picture: toPicture(row(PICTURE)),
          former: toPicture(row(FORMER)),
          placed: Object.fromEntries(
            MAP_GROUNDS.flatMap((ground) => {
              const placed = toPlaced(row(partOf(ground)));
              return placed ? [[ground, placed]] : [];
            }),
          ),
        };
      },
    },
    projection: { concerns: ({ type }) => TYPE.test(type), apply },
  };
}

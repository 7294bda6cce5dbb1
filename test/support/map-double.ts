import { mkdtempSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMapDesk } from "../../src/act/map-desk.ts";
import { createContentFiles } from "../../src/buffer/content-files.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { KeptMap, MapDesk, MapPictureMaker, MapThing, MapTiles } from "../../src/core/village-map.ts";

/** Takes everything for a picture of 800 x 600 but what begins with `bad`. */
export const simpleMapMaker: MapPictureMaker = {
  async make(source, target) {
    if ((await readFile(source)).toString("latin1", 0, 3) === "bad") {
      throw new GatewayError("Bad", { code: "map.not_picture", kind: "permanent" });
    }
    await copyFile(source, target);
    return { width: 800, height: 600 };
  },
};

export interface MapSetting {
  readonly ledger: Ledger;
  readonly things: readonly MapThing[];
  readonly maker?: MapPictureMaker | undefined;
  readonly tiles?: MapTiles | undefined;
  readonly kept?: KeptMap;
  readonly keepFreeBytes?: number;
  readonly folder?: string;
}

/** The real desk of a map, on files of its own. */
export function createTestMap({
  ledger,
  things,
  maker = simpleMapMaker,
  tiles,
  kept = { placed: {} },
  keepFreeBytes = 0,
  folder = mkdtempSync(join(tmpdir(), "cunshao-map-")),
}: MapSetting): MapDesk {
  let count = 0;
  const files = createContentFiles(folder, "map", "jpg");
  return createMapDesk(
    { ledger, files, maker, newId: () => `picture-${++count}`, log: silentLogger },
    { things, tiles, keepFreeBytes },
    kept,
  );
}

/** What can be placed in the sample village, and in the smallest one. */
const THINGS: readonly MapThing[] = [
  ...["pond-east", "gate", "square", "weir"].map((id): MapThing => ({ kind: "camera", id })),
  ...["pond", "village", "weir-horn"].map((id): MapThing => ({ kind: "speaker", id })),
  ...["pond-level", "rain"].map((id): MapThing => ({ kind: "sensor", id })),
  { kind: "input", id: "sos" },
];

/** The map of the sample village. */
export function createMapDouble(setting: Omit<MapSetting, "things">): MapDesk {
  return createTestMap({ ...setting, things: THINGS });
}

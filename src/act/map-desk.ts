import { isDeepStrictEqual } from "node:util";
import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { createSignal } from "../core/signals.ts";
import { createTurns } from "../core/turns.ts";
import type { ContentFiles, Draft } from "../core/upload-drafts.ts";
import {
  type KeptMap,
  LARGEST_MAP_FILE_BYTES,
  type MapDesk,
  type MapGround,
  type MapPicture,
  type MapPictureMaker,
  type MapThing,
  type MapTiles,
  type MapView,
  mapKey,
  type PlacedMap,
  placesFault,
} from "../core/village-map.ts";

export interface MapDeskDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly files: ContentFiles;
  readonly maker: MapPictureMaker;
  readonly newId: () => string;
  readonly log: Logger;
}

export interface MapDeskConfig {
  /** What can be placed. */
  readonly things: readonly MapThing[];
  readonly tiles?: MapTiles | undefined;
  /** Kept free on the disk for the ledger. */
  readonly keepFreeBytes: number;
}

/** Holds the map as people made it. Each change is an event of the audit, from which it is read at the next start. @param kept then. */
export function createMapDesk(
  { ledger, files, maker, newId, log }: MapDeskDependencies,
  { things, tiles, keepFreeBytes }: MapDeskConfig,
  kept: KeptMap,
): MapDesk {
  const changes = createSignal<void>();
  const known = new Set(things.map(mapKey));
  const placed = new Map(Object.entries(kept.placed) as [MapGround, PlacedMap][]);
  let { picture, former } = kept;
  let isReceiving = false;
  /** Of two who change it the second is told; of two pictures the later holds, here and on the disk. */
  const turns = createTurns(1);

  function ground(): MapGround | undefined {
    if (tiles) return "tiles";
    return picture && "picture";
  }

  function placedNow(): PlacedMap | undefined {
    const on = ground();
    return on && placed.get(on);
  }

  function view(): MapView {
    const { folder: _folder, ...shown } = tiles ?? { folder: "" };
    const now = placedNow();
    return {
      ground: ground(),
      picture,
      former,
      ...(tiles && { tiles: shown as MapView["tiles"] }),
      // What the configuration no longer has stands nowhere.
      places: (now?.places ?? []).filter((place) => known.has(mapKey(place))),
      ...(now && { placed: { by: now.by, at: now.at } }),
    };
  }

  async function append(what: string, data: object): Promise<string> {
    const { time } = await ledger.append({
      type: `org.cunshao.map.${what}`,
      class: "audit",
      data: { ...data },
    });
    return time;
  }

  async function place(...[places, over, by]: Parameters<MapDesk["place"]>): Promise<MapView> {
    const on = ground();
    if (!on) throw refusal("map.no_ground", "there is no picture yet on which things could stand");
    const before = placed.get(on);
    // The same once more: the answer to the first got lost.
    if (isDeepStrictEqual(before && { places: before.places, by: before.by }, { places, by })) return view();
    if (over !== (before?.at ?? null)) {
      throw refusal("map.changed", `${before?.by.name ?? "somebody"} has changed the map meanwhile`);
    }
    const fault = placesFault(places, things);
    if (fault) throw refusal(fault, "things cannot stand so");
    const at = await append("placed", { ground: on, places, by });
    placed.set(on, { places, by, at });
    changes.emit();
    return view();
  }

  /** Files of no use any more go; where that fails they go at the next start. */
  async function tidy(): Promise<void> {
    const used = [picture, former].flatMap((one) => (one ? [one.sha256] : []));
    await files.keepOnly(used).catch((error: unknown) => {
      log.warn({ code: errorCode(error) }, "former pictures of the map could not be removed");
    });
  }

  /** @param what of the ledger's words it is told by. */
  async function show(what: string, next: Omit<MapPicture, "at">): Promise<MapView> {
    const at = await append(what, next);
    former = picture;
    picture = { ...next, at };
    changes.emit();
    return view();
  }

  async function take(upload: Draft, made: Draft, by: BroadcastSource): Promise<MapView> {
    const size = await maker.make(upload.path, made.path);
    const { sha256, sizeBytes } = await files.measure(made);
    if (sha256 === picture?.sha256) return view();
    await files.keep(made, sha256);
    return show("pictured", { sha256, ...size, sizeBytes, by });
  }

  async function putBack(sha256: string, by: BroadcastSource): Promise<MapView> {
    if (sha256 === picture?.sha256) return view();
    if (!former || sha256 !== former.sha256) throw refusal("map.changed", "another picture came meanwhile");
    const { at: _at, ...back } = former;
    return show("picture_restored", { ...back, by });
  }

  async function demandSpace(): Promise<void> {
    // What comes in and what is made of it.
    if ((await files.freeBytes()) - 2 * LARGEST_MAP_FILE_BYTES >= keepFreeBytes) return;
    throw new GatewayError("the disk has no room left", { code: "map.full", kind: "transient" });
  }

  async function bring(content: AsyncIterable<Uint8Array>, by: BroadcastSource): Promise<MapView> {
    await demandSpace();
    const id = newId();
    const made = files.draft(`${id}.made`);
    const upload = await files.receive(`${id}.upload`, content, LARGEST_MAP_FILE_BYTES);
    try {
      return await turns.take(() => take(upload, made, by));
    } finally {
      await Promise.all([upload.remove(), made.remove()]);
      await tidy();
    }
  }

  return {
    name: "map",
    changes,
    start: tidy,
    stop: async () => undefined,
    view,
    version: () => [placedNow()?.at, picture?.sha256].join(" "),
    place: (...told) => turns.take(() => place(...told)),
    async bring(content, by) {
      if (isReceiving) {
        throw new GatewayError("another picture is coming in", { code: "map.busy", kind: "transient" });
      }
      isReceiving = true;
      try {
        return await bring(content, by);
      } finally {
        isReceiving = false;
      }
    },
    putBack: (sha256, by) => turns.take(() => putBack(sha256, by)),
    fileOf(sha256) {
      const found = [picture, former].find((one) => one?.sha256 === sha256);
      if (!found) throw refusal("map.no_picture", "there is no such picture of the map");
      return { path: files.pathOf(sha256), sizeBytes: found.sizeBytes };
    },
    tileOf(zoom, x, y) {
      const most = 2 ** zoom;
      const isTile =
        [zoom, x, y].every((one) => Number.isSafeInteger(one) && one >= 0) && x < most && y < most;
      if (!tiles || !isTile) throw refusal("map.no_tile", "there is no such tile");
      return `${tiles.folder}/${zoom}/${x}/${y}.png`;
    },
  };
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

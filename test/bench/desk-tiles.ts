import type WebSocket from "ws";
import type { BenchDesk } from "./desk-rig.ts";

/** A tile is looked at for so long. */
const LOOK_MS = 2_000;
const LATE_MS = 10_000;

export interface TurnedTiles {
  /** Ends it. */
  stop(): Promise<{
    readonly opened: number;
    /** By reason. */
    readonly failed: Readonly<Record<string, number>>;
    readonly receivedMB: number;
  }>;
}

/** So many live pictures at once, each closed after a while and opened anew, as browsers do that go from village to village. */
export function turnTiles(
  rig: BenchDesk,
  { tiles, cameras }: { readonly tiles: number; readonly cameras: readonly string[] },
): TurnedTiles {
  let isOver = false;
  let opened = 0;
  const failed = new Map<string, number>();
  let bytes = 0;

  async function look(socket: WebSocket): Promise<void> {
    const first = new Promise<string | undefined>((resolve) => {
      const late = setTimeout(() => resolve("late"), LATE_MS);
      socket.on("error", ({ message }) => resolve(message));
      socket.on("close", (code, reason) => resolve(`${code} ${reason}`));
      socket.on("message", (data: Buffer, isBinary) => {
        if (!isBinary) return;
        bytes += data.length;
        clearTimeout(late);
        resolve(undefined);
      });
    });
    const why = await first;
    if (why === undefined) opened++;
    else if (!isOver) failed.set(why, (failed.get(why) ?? 0) + 1);
    await sleep(LOOK_MS);
    socket.terminate();
  }

  async function turn(tile: number): Promise<void> {
    // Not all in one moment.
    await sleep((tile / tiles) * LOOK_MS);
    for (let turns = 0; !isOver; turns++) {
      const place = tile + turns;
      const camera = cameras[Math.floor(place / rig.villages.length) % cameras.length];
      await look(rig.socket(place % rig.villages.length, `/cameras/${camera}/live`));
    }
  }

  const turning = Array.from({ length: tiles }, (_, tile) => turn(tile));
  return {
    async stop() {
      isOver = true;
      await Promise.all(turning);
      return { opened, failed: Object.fromEntries(failed), receivedMB: Math.round(bytes / 1e6) };
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

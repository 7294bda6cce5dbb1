import type { Part, PartHealth } from "../core/part.ts";
import type { Clock, Timer } from "../core/time.ts";

/** Most parts that fall ill tell nobody: they are looked at this often. */
const LOOK_EVERY_MS = 5000;

/** Calls `onChange` once a part is another way than it was, so that the page says so without being loaded anew. */
export function createPartWatch(
  clock: Clock,
  parts: () => readonly PartHealth[],
  onChange: () => void,
): Part {
  let known = "";
  let timer: Timer | undefined;

  function look(): void {
    const now = JSON.stringify(parts().map(({ name, status, reason }) => [name, status, reason]));
    if (now !== known) onChange();
    known = now;
    timer = clock.after(LOOK_EVERY_MS, look);
  }

  return {
    name: "part watch",
    async start() {
      look();
    },
    async stop() {
      timer?.cancel();
    },
  };
}

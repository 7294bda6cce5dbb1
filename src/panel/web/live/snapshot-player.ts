import type { Player, PlayerStatus } from "./player.ts";

const EACH_MS = 1_000;
const AFTER_FAILURE_MS = 4_000;

/** Shows a fresh picture each second where a browser cannot play the stream. */
export function createSnapshotPlayer(options: {
  image: HTMLImageElement;
  url: string;
  onStatus: (status: PlayerStatus) => void;
}): Player {
  const { image, url, onStatus } = options;
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown: string | undefined;

  async function next(): Promise<void> {
    let waitMs = EACH_MS;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(String(answer.status));
      const address = URL.createObjectURL(await answer.blob());
      if (!stopped) image.src = address;
      if (shown !== undefined) URL.revokeObjectURL(shown);
      shown = address;
      if (!stopped) onStatus("playing");
    } catch {
      waitMs = AFTER_FAILURE_MS;
      if (!stopped) onStatus("waiting");
    }
    if (!stopped) timer = setTimeout(() => void next(), waitMs);
  }

  void next();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      if (shown !== undefined) URL.revokeObjectURL(shown);
    },
  };
}

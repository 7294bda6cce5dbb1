import { once } from "node:events";
import { createSplitter } from "../../src/video/fragmented-mp4.ts";
import type { GatewayRig } from "../support/gateway-rig.ts";

export interface ViewerFigures {
  readonly frames: number;
  /** Frames whose place in the stream's time stayed empty. */
  readonly lost: number;
  /** Between the arrivals of two frames. */
  readonly longestGapMs: number;
  /** Sessions of the camera after the first. */
  readonly interruptions: number;
}

export interface Viewer {
  figures(): ViewerFigures;
  close(): void;
}

/** Looks at a camera's live picture through the gateway's page, as a browser does, and counts. */
export async function watchLive(rig: GatewayRig, camera: string, framesPerSecond: number): Promise<Viewer> {
  const socket = rig.socket(`/api/v1/cameras/${camera}/live`);
  let [frames, lost, longestGapMs, interruptions, sessions] = [0, 0, 0, 0, 0];
  let timescale = 0;
  let last: { decodeTime: number; arrivedMs: number } | undefined;
  const feed = createSplitter({
    onInit(init) {
      if (sessions++ > 0) interruptions++;
      timescale = init.timescale;
      last = undefined;
    },
    onFragment({ decodeTime, track }) {
      if (track === "audio") return;
      const arrivedMs = performance.now();
      if (last) {
        const steps = Math.round(((decodeTime - last.decodeTime) / timescale) * framesPerSecond);
        lost += Math.max(0, steps - 1);
        longestGapMs = Math.max(longestGapMs, arrivedMs - last.arrivedMs);
      }
      frames++;
      last = { decodeTime, arrivedMs };
    },
  });
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) feed(Buffer.from(data));
  });
  let isClosing = false;
  socket.on("close", () => {
    if (!isClosing) interruptions++;
  });
  await once(socket, "open");
  return {
    figures: () => ({ frames, lost, longestGapMs: Math.round(longestGapMs), interruptions }),
    close() {
      isClosing = true;
      socket.terminate();
    },
  };
}

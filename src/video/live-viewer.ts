import { GatewayError } from "../core/errors.ts";
import type { LiveViewer } from "../core/village.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import type { InitSegment } from "./fragmented-mp4.ts";

/**
 * A viewer's end of a shared stream; waits for the session's init segment until `signal` aborts.
 * @throws GatewayError `video.no_picture` (transient) when aborted first.
 */
export async function createLiveViewer(hub: FragmentHub, signal: AbortSignal): Promise<LiveViewer> {
  const init = hub.init ?? (await nextInit(hub, signal));
  return {
    mediaType: init.mediaType,
    attach(send, onEnd) {
      let started = false;
      return hub.attach({
        onInit({ bytes }) {
          started = false;
          send(bytes);
        },
        onFragment({ bytes, keyFrame }) {
          started ||= keyFrame;
          if (started) send(bytes);
        },
        onEnd,
      });
    },
  };
}

function nextInit(hub: FragmentHub, signal: AbortSignal): Promise<InitSegment> {
  return new Promise((resolve, reject) => {
    const detach = hub.attach({
      onInit(init) {
        signal.removeEventListener("abort", onAbort);
        detach();
        resolve(init);
      },
      onFragment() {},
      onEnd() {},
    });
    const onAbort = (): void => {
      detach();
      reject(
        new GatewayError("the camera sends no picture now", { code: "video.no_picture", kind: "transient" }),
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
}

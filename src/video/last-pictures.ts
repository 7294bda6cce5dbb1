import { GatewayError } from "../core/errors.ts";
import type { MediaTools } from "../core/media.ts";
import type { FragmentHub } from "./fragment-hub.ts";

/** Pictures from a key frame on, as much as is worth keeping of a camera that is gone. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * Gives each camera's newest picture as JPEG, and of one whose session is over its last.
 * It rejects with `video.no_picture` (transient) where there never was one, or what there was is withdrawn.
 */
export function keepLastPictures(
  media: Pick<MediaTools, "lastPicture">,
  cameras: readonly { readonly camera: { readonly id: string }; readonly hub: FragmentHub }[],
): (camera: string) => Promise<Buffer> {
  const groups = new Map(cameras.map(({ camera, hub }) => [camera.id, keepLastGroup(hub)]));
  return async (camera) => {
    const group = groups.get(camera)?.() ?? [];
    if (group.length > 0) return media.lastPicture(group);
    throw new GatewayError(`camera ${camera} never had a picture`, {
      code: "video.no_picture",
      kind: "transient",
      device: camera,
    });
  };
}

/** Init segment and fragments of video since the last key frame, also beyond the end of the session. */
function keepLastGroup(hub: FragmentHub): () => readonly Buffer[] {
  let init: Buffer | undefined;
  let next: Buffer | undefined;
  let group: Buffer[] = [];
  let bytes = 0;
  hub.attach({
    onInit(segment) {
      next = segment.bytes;
    },
    onFragment({ bytes: fragment, keyFrame, track }) {
      if (track) return;
      if (keyFrame) {
        // Not before: until its first key frame a new session has nothing better to show.
        init = next ?? init;
        next = undefined;
        group = [];
        bytes = 0;
      } else if (next !== undefined || bytes + fragment.length > MAX_BYTES) {
        return;
      }
      group.push(fragment);
      bytes += fragment.length;
    },
    onEnd() {},
    onWithdrawn() {
      group = [];
      bytes = 0;
    },
    isHurried: () => false,
  });
  return () => (init && group.length > 0 ? [init, ...group] : []);
}

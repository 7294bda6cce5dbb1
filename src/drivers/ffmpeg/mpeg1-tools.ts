import { createRequire } from "node:module";
import { errorCode } from "../../core/errors.ts";
import type { Mpeg1Tools } from "../../core/media.ts";
import {
  attendChild,
  type Child,
  type ChildDependencies,
  type ChildRequest,
  neverStarted,
} from "./child-process.ts";

interface MuxerOptions {
  readonly ffmpegPath: string;
  readonly url: string;
  readonly ffmpegOptions: Readonly<Record<string, string>>;
}

/** What `new Mpeg1Muxer(options)` fills. */
interface Muxer {
  stream?: Child;
}

// The muxer's file alone: the package's entry brings a WebSocket server that asks nobody who they are.
const Mpeg1Muxer = createRequire(import.meta.url)("node-rtsp-stream/mpeg1muxer.js") as {
  (this: Muxer, options: MuxerOptions): void;
  readonly prototype: object;
};

/** Options of the output; an empty value is a flag. MPEG-1 knows no 15 pictures a second, and no browser decodes its B-frames. */
const OUTPUT: Readonly<Record<string, string>> = {
  "-hide_banner": "",
  "-nostats": "",
  "-loglevel": "warning",
  "-an": "",
  "-r": "25",
  "-bf": "0",
  "-g": "12",
  "-b:v": "1200k",
  "-maxrate": "2000k",
  "-bufsize": "1000k",
  // A script decodes it: more than this is beyond an office PC. Its sides must be even.
  "-vf": "scale='min(704,iw)':-2:flags=fast_bilinear",
  "-threads": "1",
  "-muxdelay": "0",
  "-muxpreload": "0",
  "-flush_packets": "1",
};

/** MPEG-1 by node-rtsp-stream's muxer, fed on its standard input instead of by a second session to the camera. */
export function createMpeg1Tools(dependencies: ChildDependencies): Mpeg1Tools {
  return {
    transcodeMpeg1(camera) {
      const request: ChildRequest = {
        command: "ffmpeg",
        arguments: [],
        title: `mpeg1 ${camera}`,
        quit: "end-of-input",
        explain: () => "transcoder.ended",
      };
      const child = spawnMuxer(dependencies, request);
      // The muxer spawns without `detached`: its ffmpeg, which starts nothing itself, stays in our own group.
      return child ? attendChild(dependencies, request, child, "child") : neverStarted();
    },
  };
}

function spawnMuxer({ log }: ChildDependencies, request: ChildRequest): Child | undefined {
  const muxer = Object.create(Mpeg1Muxer.prototype) as Muxer;
  try {
    Mpeg1Muxer.call(muxer, { ffmpegPath: request.command, url: "pipe:0", ffmpegOptions: OUTPUT });
    return muxer.stream;
  } catch (error) {
    // Out of file descriptors its child has no pipes, which it does not expect, and an error later, which nobody hears.
    muxer.stream?.once("error", () => {});
    log.error({ child: request.title, code: errorCode(error) }, "cannot start a media process");
    return undefined;
  }
}

// The live picture as the panel hands it to viewers; `video/` gives it from the shared ingest.

export type LiveStream = "main" | "sub";

/** `mp4`: the camera's own pictures, for Media Source Extensions. `mpeg1`: transcoded, for browsers that cannot play those. */
export type LiveFormat = "mp4" | "mpeg1";

export interface LiveRequest {
  readonly camera: string;
  /** What is wished for: the sub stream is given while there is no main stream, and always in `mpeg1`. */
  readonly stream: LiveStream;
  readonly format: LiveFormat;
}

/** What a run of chunks is: told before its first, and again when the camera began anew or the stream was changed. */
export interface LiveSession {
  /** e.g. `video/mp4; codecs="avc1.42c01e"`, or `video/mp2t` for MPEG-1. */
  readonly mediaType: string;
  readonly stream: LiveStream;
}

/** A viewer's end. Nothing here may wait. */
export interface LiveSink {
  /** What was sent and has not left yet, in bytes. */
  waitingBytes(): number;
  begin(session: LiveSession): void;
  send(chunk: Uint8Array): void;
  /** Nothing comes any more, for the reason of this code: `viewer.too_slow`, `live.no_transcoder`, `live.stopped`. */
  end(code: string): void;
}

export interface LiveFigures {
  readonly viewers: Readonly<Record<LiveFormat, number>>;
  readonly transcoders: number;
  /** Since the start: frames (in MPEG-1: pieces) left out for slow viewers, and viewers that were given up. */
  readonly droppedFrames: number;
  readonly droppedViewers: number;
}

export interface LiveView {
  /**
   * Gives the camera's picture from the last key frame on, as soon as there is one, until the returned function is called.
   * @throws GatewayError `camera.unknown` (permanent), `live.full`, `live.transcoders_busy` (transient).
   */
  watch(request: LiveRequest, sink: LiveSink): () => void;
  figures(): LiveFigures;
}

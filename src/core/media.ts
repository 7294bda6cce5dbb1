import type { Readable, Writable } from "node:stream";
import type { Box, Point, Polygon } from "./geometry.ts";

// Ports to media child processes, which `drivers/` runs and `video/` uses.

/** How a child process ended; `reason` is a stable code read off its messages, e.g. `rtsp.unauthorized`. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
}

/** A running media process. */
export interface MediaChild {
  readonly stdout: Readable;
  readonly stdin: Writable;
  /** Settles when the process is gone and its pipes are closed; never rejects. */
  readonly ended: Promise<ChildExit>;
  /** `q`, then TERM, then KILL to the whole process group; resolves when it is gone. */
  stop(): Promise<void>;
}

export interface IngestRequest {
  readonly camera: string;
  readonly stream: "main" | "sub";
  readonly url: string;
  readonly login?: { readonly username: string; readonly password: string } | undefined;
  /** Take the camera's sound too, as AAC; a camera without any is taken as it is. */
  readonly audio?: boolean;
  /** Outlines to be painted over; the stream is then decoded and encoded again as H.264. */
  readonly masks?: readonly Polygon[] | undefined;
  /** Look longer for the picture's size: for cameras that leave it out of their SDP. Costs seconds at the start. */
  readonly thorough?: boolean;
}

export interface GrayFormat {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Pictures with their colour (`VideoPicture`), whose first plane is the gray picture. Both sides must be even. */
  readonly colour?: boolean;
}

export interface MediaTools {
  /**
   * RTSP over TCP, its video copied without transcoding, to fragmented MP4 (one fragment a frame) on stdout.
   * @param isHurried asked some times a second: whether somebody waits for each frame; if not, some may come together.
   */
  ingest(request: IngestRequest, isHurried?: () => boolean): MediaChild;
  /** Fragmented MP4 on stdin to raw 8-bit gray pictures on stdout, or to pictures in colour. */
  decodeGray(camera: string, format: GrayFormat): MediaChild;
  /**
   * The last picture of a fragmented MP4 (init segment and fragments from a key frame on) as JPEG.
   * @throws GatewayError `video.no_picture` (transient).
   */
  lastPicture(media: readonly Uint8Array[]): Promise<Buffer>;
}

/** What is drawn over a picture. */
export interface PictureMarks {
  readonly boxes: readonly Box[];
  /** Ways on the ground, oldest point first. */
  readonly paths: readonly (readonly Point[])[];
  /** Zones and lines, drawn thinly; a zone's first point stands at its end again. */
  readonly outlines: readonly (readonly Point[])[];
}

/** Draws marks over a JPEG, in colours that are seen by day and by night. @throws GatewayError `picture.not_drawn` (transient). */
export type DrawMarks = (jpeg: Uint8Array, marks: PictureMarks) => Promise<Buffer>;

/** For browsers that cannot play a camera's own pictures. */
export interface Mpeg1Tools {
  /** Fragmented MP4 on stdin, from a key frame on, to MPEG-1 in an MPEG transport stream on stdout. */
  transcodeMpeg1(camera: string): MediaChild;
}

import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { challengeHeader, checkDigest, type Login } from "./digest.ts";
import type { GroupOfPictures } from "./group-of-pictures.ts";
import { createPlayback, type Playback } from "./playback.ts";
import { createRequestReader, mountPath, type RtspRequest } from "./request.ts";
import { describeStream, TRACK } from "./sdp.ts";
import type { ParameterSets, VideoSource } from "./video-source.ts";

const REALM = "cunshao-virtual";
const METHODS = ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "TEARDOWN"];
const IDLE_MS = 60_000;
const SESSION_TIMEOUT_SECONDS = 60;
const MAX_WAITING_REQUESTS = 32;
const FIRST_PICTURE_MS = 5000;
const PHRASES: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  413: "Request Entity Too Large",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  461: "Unsupported Transport",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "RTSP Version Not Supported",
};

/** How a camera is missing: `closed` hangs up at once, `silent` says nothing any more, as behind a pulled cable. */
export type Unplugged = "closed" | "silent";

export interface Mount {
  readonly path: string;
  readonly source: VideoSource;
  readonly login: Login | undefined;
  readonly pictures: GroupOfPictures;
  /** Connections that have named this path. */
  readonly connections: Set<Connection>;
  unplugged: Unplugged | undefined;
}

export interface ConnectionContext {
  readonly find: (path: string) => Mount | undefined;
  readonly maxQueueBytes: number;
  readonly onClose: () => void;
}

export interface Connection {
  /** Hangs up without a word. */
  cut(): void;
  /** Keeps the TCP connection but neither says nor hears anything any more. */
  mute(): void;
  muted(): boolean;
  /** The path being played, if any. */
  playing(): string | undefined;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Runs once the reply has been handed to the socket. */
  readonly afterwards?: () => void;
}

interface Session {
  readonly id: string;
  readonly mount: Mount;
  readonly playback: Playback;
}

/** Speaks RTSP on one accepted socket; one session a connection. */
export function openConnection(socket: Socket, context: ConnectionContext): Connection {
  const reader = createRequestReader();
  const challenge = { realm: REALM, nonce: randomBytes(16).toString("hex") };
  const named = new Set<Mount>();
  let session: Session | undefined;
  let leave: (() => void) | undefined;
  let muted = false;
  let waiting = 0;
  let turn: Promise<void> = Promise.resolve();

  function stopPlaying(): void {
    leave?.();
    leave = undefined;
  }

  function write(bytes: Buffer | string): void {
    if (muted || socket.destroyed) return;
    socket.write(bytes);
    // A client that does not read must not make us keep its video.
    if (socket.writableLength > context.maxQueueBytes) socket.destroy();
  }

  function respond(cseq: string | undefined, reply: Reply): void {
    const lines = [`RTSP/1.0 ${reply.status} ${PHRASES[reply.status] ?? "Error"}`];
    if (cseq !== undefined) lines.push(`CSeq: ${cseq}`);
    for (const [name, value] of Object.entries(reply.headers ?? {})) lines.push(`${name}: ${value}`);
    if (reply.body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(reply.body)}`);
    write(`${lines.join("\r\n")}\r\n\r\n${reply.body ?? ""}`);
    reply.afterwards?.();
  }

  async function handle(request: RtspRequest): Promise<void> {
    if (muted || socket.destroyed) return;
    const mount = context.find(mountPath(request.url, TRACK));
    if (mount) {
      named.add(mount);
      mount.connections.add(connection);
    }
    if (mount?.unplugged === "closed") connection.cut();
    else if (mount?.unplugged === "silent") connection.mute();
    else respond(request.headers.get("cseq"), await answer(request, mount));
  }

  async function answer(request: RtspRequest, mount: Mount | undefined): Promise<Reply> {
    if (!METHODS.includes(request.method)) return { status: 501, headers: { Public: METHODS.join(", ") } };
    if (request.method === "OPTIONS") return { status: 200, headers: { Public: METHODS.join(", ") } };
    if (!mount) return { status: 404 };
    const login = mount.login;
    if (login) {
      const verdict = checkDigest(request.headers.get("authorization"), request.method, challenge, login);
      if (verdict !== "right") {
        return {
          status: 401,
          headers: { "WWW-Authenticate": challengeHeader(challenge, verdict === "stale") },
        };
      }
    }
    if (request.method === "DESCRIBE") return describe(request, mount);
    if (request.method === "SETUP") return setUp(request, mount);
    const id = request.headers.get("session")?.split(";")[0]?.trim();
    if (!session || session.mount !== mount) {
      return { status: id === undefined && request.method === "PLAY" ? 455 : 454 };
    }
    if (id !== session.id) return { status: 454 };
    if (request.method === "PLAY") return play(request, session);
    if (request.method === "TEARDOWN") {
      stopPlaying();
      session = undefined;
      return { status: 200 };
    }
    return { status: 200, headers: { Session: session.id } };
  }

  async function describe(request: RtspRequest, mount: Mount): Promise<Reply> {
    const sets = await parameterSets(mount.source);
    if (!sets) return { status: 503 };
    const host = socket.localAddress ?? "0.0.0.0";
    const body = describeStream(mount.path, host, sets);
    const headers = {
      "Content-Type": "application/sdp",
      "Content-Base": `${request.url.replace(/\/+$/, "")}/`,
    };
    return { status: 200, headers, body };
  }

  function setUp(request: RtspRequest, mount: Mount): Reply {
    if (leave) return { status: 455 };
    const channels = chooseChannels(request.headers.get("transport") ?? "");
    if (!channels) return { status: 461 };
    const [rtp, rtcp] = channels;
    const playback = createPlayback(mount.source, rtp, rtcp);
    session = { id: session?.id ?? randomBytes(8).toString("hex"), mount, playback };
    const headers = {
      Session: `${session.id};timeout=${SESSION_TIMEOUT_SECONDS}`,
      Transport: `RTP/AVP/TCP;unicast;interleaved=${rtp}-${rtcp}`,
    };
    return { status: 200, headers };
  }

  function play(request: RtspRequest, { id, mount, playback }: Session): Reply {
    if (leave) return { status: 200, headers: { Session: id } };
    const track = `${request.url.replace(/\/+$/, "")}/${TRACK}`;
    return {
      status: 200,
      headers: { Session: id, Range: "npt=now-", "RTP-Info": `url=${track};seq=${playback.firstSequence}` },
      afterwards: () => {
        if (socket.destroyed || muted) return;
        leave = mount.pictures.join((frame) => write(playback.encode(frame)));
      },
    };
  }

  const connection: Connection = {
    cut: () => socket.destroy(),
    mute() {
      muted = true;
      stopPlaying();
      socket.setTimeout(0);
    },
    muted: () => muted,
    playing: () => (leave ? session?.mount.path : undefined),
  };

  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    if (muted) return;
    for (const input of reader.push(chunk)) {
      if (input.kind === "malformed") {
        turn = turn.then(() => {
          respond(input.cseq, { status: input.status, headers: { Connection: "close" } });
          socket.end();
        });
        return;
      }
      waiting += 1;
      if (waiting > MAX_WAITING_REQUESTS) return void socket.destroy();
      turn = turn.then(async () => {
        await handle(input.request);
        waiting -= 1;
      });
    }
  });
  // A reset is how clients leave; `close` follows and does the tidying.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    stopPlaying();
    for (const mount of named) mount.connections.delete(connection);
    context.onClose();
  });
  return connection;
}

/** The interleaved pair of the first TCP transport offered; undefined when only others (UDP) are. */
function chooseChannels(transport: string): [rtp: number, rtcp: number] | undefined {
  for (const offer of transport.split(",")) {
    const [protocol, ...parameters] = offer.split(";").map((part) => part.trim().toLowerCase());
    if (protocol !== "rtp/avp/tcp" || parameters.includes("multicast")) continue;
    const pair = parameters.map((part) => /^interleaved=(\d{1,3})(?:-(\d{1,3}))?$/.exec(part)).find(Boolean);
    const rtp = Number(pair?.[1] ?? 0);
    const rtcp = Number(pair?.[2] ?? rtp + 1);
    if (rtp <= 255 && rtcp <= 255 && rtp !== rtcp) return [rtp, rtcp];
  }
  return undefined;
}

/** Parameter sets as soon as there are any; undefined when the encoder stays mute. */
function parameterSets(source: VideoSource): Promise<ParameterSets | undefined> {
  const known = source.parameterSets();
  if (known) return Promise.resolve(known);
  return new Promise((resolve) => {
    const finish = (sets: ParameterSets | undefined): void => {
      clearTimeout(timer);
      leave();
      resolve(sets);
    };
    const timer = setTimeout(() => finish(undefined), FIRST_PICTURE_MS);
    const leave = source.onFrame(() => {
      const sets = source.parameterSets();
      if (sets) finish(sets);
    });
  });
}

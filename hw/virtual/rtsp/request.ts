// Reads RTSP 1.0 requests (RFC 2326) and skips the interleaved packets that clients send between them.

const MAX_HEAD_BYTES = 8192;
const MAX_BODY_BYTES = 65_536;
const INTERLEAVED = 0x24;
const HEAD_END = "\r\n\r\n";

export interface RtspRequest {
  readonly method: string;
  readonly url: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export type RtspInput =
  | { readonly kind: "request"; readonly request: RtspRequest }
  /** The framing is lost: nothing after this can be understood. */
  | { readonly kind: "malformed"; readonly status: 400 | 413 | 505; readonly cseq?: string | undefined };

export interface RequestReader {
  /** Takes what arrived, in any pieces; gives every request that became complete. Never throws. */
  push(chunk: Buffer): RtspInput[];
}

type Head = Omit<RtspRequest, "body"> & { readonly headBytes: number; readonly bodyBytes: number };
type Malformed = Extract<RtspInput, { kind: "malformed" }>;

export function createRequestReader(): RequestReader {
  let pending: Buffer = Buffer.alloc(0);
  let broken = false;

  /** The next whole request, `undefined` when more bytes are needed. */
  function next(): RtspInput | undefined {
    for (;;) {
      const first = pending[0];
      if (first === undefined) return undefined;
      if (first === 0x0d || first === 0x0a) {
        pending = pending.subarray(1);
      } else if (first === INTERLEAVED) {
        if (pending.length < 4) return undefined;
        const end = 4 + pending.readUInt16BE(2);
        if (pending.length < end) return undefined;
        pending = pending.subarray(end);
      } else {
        return nextRequest();
      }
    }
  }

  function nextRequest(): RtspInput | undefined {
    const head = readHead(pending);
    if (head === undefined || "kind" in head) return head;
    const { headBytes, bodyBytes, ...request } = head;
    if (pending.length < headBytes + bodyBytes) return undefined;
    const body = pending.subarray(headBytes, headBytes + bodyBytes);
    pending = pending.subarray(headBytes + bodyBytes);
    return { kind: "request", request: { ...request, body } };
  }

  return {
    push(chunk) {
      const inputs: RtspInput[] = [];
      if (broken) return inputs;
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (let input = next(); input; input = next()) {
        inputs.push(input);
        if (input.kind === "malformed") {
          broken = true;
          pending = Buffer.alloc(0);
          break;
        }
      }
      return inputs;
    },
  };
}

function readHead(bytes: Buffer): Head | Malformed | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0 || end > MAX_HEAD_BYTES) {
    if (bytes.length > MAX_HEAD_BYTES) return { kind: "malformed", status: 413 };
    // Rubbish is answered as soon as its first line is there, not when the head would be too long.
    const lineEnd = bytes.indexOf("\n");
    if (lineEnd >= 0) {
      const line = readRequestLine(bytes.toString("latin1", 0, lineEnd).trimEnd());
      if ("kind" in line) return line;
    }
    return undefined;
  }
  const [requestLine = "", ...headerLines] = bytes.toString("utf8", 0, end).split("\r\n");
  const line = readRequestLine(requestLine);
  if ("kind" in line) return line;
  const headers = new Map<string, string>();
  for (const text of headerLines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*?)\s*$/.exec(text);
    if (!match) return { kind: "malformed", status: 400, cseq: headers.get("cseq") };
    headers.set((match[1] ?? "").toLowerCase(), match[2] ?? "");
  }
  const cseq = headers.get("cseq");
  if (cseq === undefined || !/^\d{1,10}$/.test(cseq)) return { kind: "malformed", status: 400 };
  const length = headers.get("content-length") ?? "0";
  if (!/^\d{1,9}$/.test(length)) return { kind: "malformed", status: 400, cseq };
  if (Number(length) > MAX_BODY_BYTES) return { kind: "malformed", status: 413, cseq };
  return { ...line, headers, headBytes: end + HEAD_END.length, bodyBytes: Number(length) };
}

function readRequestLine(line: string): { method: string; url: string } | Malformed {
  const match = /^([A-Z_]{1,32}) (\S{1,2048}) ([A-Z]+)\/(\d\.\d)$/.exec(line);
  const [, method, url, protocol, version] = match ?? [];
  if (method === undefined || url === undefined || protocol !== "RTSP")
    return { kind: "malformed", status: 400 };
  if (version !== "1.0") return { kind: "malformed", status: 505 };
  return { method, url };
}

/** The mounted path a URL means: no scheme, host, track or closing slash; queries belong to it (Dahua). */
export function mountPath(url: string, track: string): string {
  const path = url.replace(/^rtsp:\/\/[^/?]*/i, "");
  const withoutTrack = path.endsWith(`/${track}`) ? path.slice(0, -track.length - 1) : path;
  return withoutTrack.replace(/\/+$/, "") || "/";
}

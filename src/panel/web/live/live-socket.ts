/** What the box says before the first chunk, and again when the camera began anew or another stream takes over. */
export interface LiveSession {
  readonly mediaType: string;
  readonly stream: string;
}

export interface LiveSocketEvents {
  onSession(session: LiveSession): void;
  onChunk(chunk: ArrayBuffer): void;
  /** The connection ended by itself; `reason` is the box's code for it, or empty. */
  onClose(reason: string): void;
}

/** A camera's live WebSocket. After `close` nothing is told any more. */
export function openLiveSocket(url: string, events: LiveSocketEvents): { close(): void } {
  const socket = new WebSocket(url);
  let isOver = false;
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    if (isOver) return;
    if (typeof data === "string") events.onSession(JSON.parse(data) as LiveSession);
    else events.onChunk(data as ArrayBuffer);
  });
  socket.addEventListener("close", ({ reason }) => {
    if (isOver) return;
    isOver = true;
    events.onClose(reason);
  });
  return {
    close() {
      isOver = true;
      socket.close();
    },
  };
}

import type { LiveSession, LiveSink } from "../../src/core/live.ts";

export interface SinkDouble extends LiveSink {
  /** Sessions as `begin main`, chunks by their first two letters, the end as its code. */
  readonly heard: string[];
  readonly sessions: LiveSession[];
  /** Bytes that its network has not taken: they grow with what is sent unless `reads`. */
  waiting: number;
  reads: boolean;
}

/** A viewer whose network a test plays by hand. */
export function createSinkDouble(): SinkDouble {
  const sink: SinkDouble = {
    heard: [],
    sessions: [],
    waiting: 0,
    reads: true,
    waitingBytes: () => sink.waiting,
    begin(session) {
      sink.sessions.push(session);
      sink.heard.push(`begin ${session.stream}`);
    },
    send(chunk) {
      if (!sink.reads) sink.waiting += chunk.length;
      sink.heard.push(Buffer.from(chunk).toString("latin1", 0, 2));
    },
    end: (code) => sink.heard.push(code),
  };
  return sink;
}

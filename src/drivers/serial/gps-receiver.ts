import type { Part } from "../../core/part.ts";
import type { Clock, Moment } from "../../core/time.ts";
import { readNmeaTime } from "./nmea-time.ts";
import type { SerialLink } from "./serial-link.ts";

/** A sentence has 82 bytes at most (NMEA 0183); what is longer is another device, or noise. */
const LONGEST_LINE = 120;

export interface GpsReceiverDependencies {
  readonly clock: Clock;
  readonly link: SerialLink;
  /** @param wallMs what the receiver says that it is at `at`. */
  readonly onTime: (wallMs: number, at: Moment) => void;
}

/** Reads the time from a satellite receiver that speaks NMEA 0183 on a line of its own. Nothing is sent to it. */
export function createGpsReceiver({ clock, link, onTime }: GpsReceiverDependencies): Part {
  let line = "";
  let stopListening: (() => void) | undefined;

  function take(bytes: Buffer): void {
    const lines = (line + bytes.toString("latin1")).split("\n");
    line = (lines.pop() ?? "").slice(-LONGEST_LINE);
    for (const one of lines) {
      const wallMs = readNmeaTime(one);
      if (wallMs !== undefined) onTime(wallMs, clock.now());
    }
  }

  return {
    name: "gps",
    async start() {
      line = "";
      stopListening = link.onBytes(take);
      await link.start();
    },
    async stop() {
      stopListening?.();
      await link.stop();
    },
    health() {
      return link.state === "open"
        ? { name: "gps", status: "ok" }
        : { name: "gps", status: "degraded", reason: "serial.port_lost" };
    },
  };
}

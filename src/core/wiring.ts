// What hangs on the box and how, as a technician reads it: no secret, and nothing that changes while it runs.

/** Where something is: a line of the board, or a port with what tells it from others there. */
export interface WiredAt {
  /** Of a GPIO chip. */
  readonly line?: number | undefined;
  /** A serial line, a serial server, or where sound is sent. */
  readonly port?: string | undefined;
  readonly address?: number | undefined;
  /** As printed on the board. */
  readonly channel?: number | undefined;
}

/** Hours of every day in which a speaker is quieter, in minutes since local midnight. */
export interface QuieterHours {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** 0: silent. */
  readonly volume: number;
  /** Whether it is so for the warnings of rules, too. */
  readonly warnings: boolean;
}

export interface SpeakerWiring {
  readonly speaker: string;
  readonly power: {
    readonly kind: "none" | "relay" | "amplifier";
    readonly model?: string | undefined;
  } & WiredAt;
  readonly audio: { readonly kind: "alsa" | "rtp" | "module"; readonly model?: string | undefined } & WiredAt;
  readonly proof: "none" | "microphone" | "current" | "device";
  readonly settleMs: number;
  /** The amplifier is never on for longer. */
  readonly maxOnSeconds: number;
  readonly quieter: readonly QuieterHours[];
}

export interface SensorWiring extends WiredAt {
  readonly sensor: string;
  readonly model: string;
  readonly pollSeconds: number;
}

export interface UpstreamWiring {
  readonly upstream: string;
  readonly kind: "http" | "mqtt";
  readonly url: string;
}

export interface WiringView {
  readonly speakers: readonly SpeakerWiring[];
  readonly sensors: readonly SensorWiring[];
  readonly upstreams: readonly UpstreamWiring[];
}

/** What the kit shows of one amplifier with its horn. */
export interface AmplifierView {
  readonly id: string;
  readonly name: string;
  /** How it is wired, in words. */
  readonly wiring: string;
  readonly relayOn: boolean;
  readonly sounding: boolean;
  /** What is broken between it and its horn; absent where no microphone hears it. */
  readonly fault?: "none" | "silent" | "other-sound";
  /** What it played last; `sound` is the number of a WAV file where the horn got audio. */
  readonly last?: {
    readonly at: string;
    readonly seconds: number;
    /** Sound came before the amplifier was ready, so that its beginning was lost. */
    readonly clipped: boolean;
    readonly sound?: number;
    readonly track?: number;
  };
}

/** What the kit shows of a siren or light. */
export interface SwitchView {
  readonly id: string;
  readonly name: string;
  readonly wiring: string;
  readonly on: boolean;
  /** Since the kit was started. */
  readonly timesOn: number;
}

export interface KitView {
  readonly cameras: readonly {
    readonly id: string;
    readonly name: string;
    readonly plugged: boolean;
    readonly viewers: number;
  }[];
  readonly amplifiers: readonly AmplifierView[];
  readonly switches: readonly SwitchView[];
  readonly pondLevelMetres: number;
  readonly reservoirLevelMetres: number;
  readonly rainMmPerHour: number;
  readonly fibre: "up" | "reset" | "blackhole";
  readonly sosPressed: boolean;
  readonly township: {
    readonly events: number;
    readonly evidence: number;
    readonly gaps: number;
    readonly chainOk: boolean;
    readonly newest: readonly {
      readonly id: string;
      readonly seq: number;
      readonly type: string;
      readonly receivedAt: string;
    }[];
  };
}

// How people are to be found, as configured: `config/` makes it, `vision/` does it.

export interface ModelSetting {
  /** The ONNX file. */
  readonly file: string;
  /** SHA-256 of the file, hexadecimal, lower case. */
  readonly sha256: string;
}

export type DetectorSetting =
  /** Movement only: for boxes too weak to look for people. Alarms say so. */
  | { readonly kind: "movement" }
  | {
      readonly kind: "people";
      /** Undefined: the model that comes with the program. */
      readonly model: ModelSetting | undefined;
      /** Processor cores that one look may use, 1 to 4. */
      readonly threads: number;
      /** Share of one core that all cameras' looks may take together, 0.05 to 4. */
      readonly share: number;
    };

/** What came of trying a model on this machine. */
export interface ModelTrial {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Median of the looks tried. */
  readonly lookMs: number;
}

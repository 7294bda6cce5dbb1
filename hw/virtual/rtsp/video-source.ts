/** One encoded picture. */
export interface AccessUnit {
  /** NAL units in order, without start codes or lengths; parameter sets and delimiters are left out. */
  readonly nals: readonly Uint8Array[];
  /** True when decoding can begin here. */
  readonly key: boolean;
  /** When the picture was taken, in milliseconds of `performance.now()`. */
  readonly capturedAtMs: number;
}

/** Sequence and picture parameter set, without start codes; with a video parameter set too, the stream is H.265. */
export interface ParameterSets {
  readonly vps?: Uint8Array;
  readonly sps: Uint8Array;
  readonly pps: Uint8Array;
}

/** A camera's encoder. Whoever makes it also starts and stops it; it may be mounted on several paths. */
export interface VideoSource {
  start(): Promise<void>;
  /** May be called twice; no picture comes afterwards. */
  stop(): Promise<void>;
  /** Returns how to stop listening. */
  onFrame(listener: (frame: AccessUnit) => void): () => void;
  /** Undefined until the encoder has told them. */
  parameterSets(): ParameterSets | undefined;
}

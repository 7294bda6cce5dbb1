import type { AccessUnit, VideoSource } from "../../../../../hw/virtual/rtsp/video-source.ts";
import { createSignal } from "../../../../../src/core/signals.ts";

export interface ScriptedSource extends VideoSource {
  /** Emits a picture with one NAL unit of `bytes` bytes. */
  emit(kind: "key" | "delta", bytes?: number): void;
}

const IDR = 0x65;
const SLICE = 0x41;

/** A camera whose pictures the test itself takes; they cannot be decoded. */
export function createScriptedSource(): ScriptedSource {
  const pictures = createSignal<AccessUnit>();
  return {
    start: async () => {},
    stop: async () => {},
    onFrame: (listener) => pictures.on(listener),
    parameterSets: () => ({ sps: Uint8Array.of(0x67, 0x42, 0xc0, 0x1e), pps: Uint8Array.of(0x68, 0xce) }),
    emit(kind, bytes = 10) {
      const nal = new Uint8Array(bytes).fill(0xaa);
      nal[0] = kind === "key" ? IDR : SLICE;
      pictures.emit({ nals: [nal], key: kind === "key", capturedAtMs: performance.now() });
    },
  };
}

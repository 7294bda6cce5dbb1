// Runs in the browser's audio thread: gathers the microphone's samples into pieces of 20 ms, signed 16 bit.

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
}

class TalkProcessor extends AudioWorkletProcessor {
  private readonly piece = new Int16Array(Math.round(sampleRate / 50));
  private filled = 0;

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    const [samples] = input ?? [];
    // A microphone that was pulled out gives no channel at all.
    for (const sample of samples ?? []) {
      this.piece[this.filled] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
      this.filled += 1;
      if (this.filled < this.piece.length) continue;
      const { buffer } = this.piece.slice();
      this.port.postMessage(buffer, [buffer]);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("talk", TalkProcessor);

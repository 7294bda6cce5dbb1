/** What makes sound of words. The composition around it reads numbers, keeps what was made and cuts silence off. */
export interface SpeechEngine {
  /** Tells recordings of one voice from those of another: engine, voice, speed. */
  readonly voice: string;
  /**
   * Writes a WAV file (mono, 16 bit).
   * @param text plain Chinese, numbers and signs written out by `spokenText`.
   * @throws GatewayError `speech.engine_missing` (permanent), `speech.failed` (transient).
   */
  speakInto(file: string, text: string): Promise<void>;
}

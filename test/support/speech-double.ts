import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Voice } from "../../src/act/voice.ts";
import type { Speech } from "../../src/core/devices.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { formatWave } from "../../src/drivers/audio/wav-file.ts";

/** What no voice of this double reads. */
export const UNREADABLE = "☃";

/** Words become a WAV file of silence, 10 ms a character; `asked` tells which. `hold` makes it wait. */
export function createSpeechDouble(): Speech & { readonly asked: string[]; hold: Promise<unknown> } {
  const folder = mkdtempSync(join(tmpdir(), "speech-"));
  const double = {
    asked: [] as string[],
    hold: Promise.resolve() as Promise<unknown>,
    async render(text: string) {
      double.asked.push(text);
      await double.hold;
      refuseUnreadable(text);
      const path = join(folder, `${double.asked.length}.wav`);
      const durationMs = [...text].length * 10;
      writeFileSync(path, formatWave({ sampleRate: 8000, samples: new Int16Array(durationMs * 8) }));
      return { path, durationMs };
    },
  };
  return double;
}

/** A voice that can say everything but what is unreadable. */
export const readingVoice: Voice = {
  async prepare(content) {
    if (content.kind === "text") refuseUnreadable(content.text);
    return async () => {};
  },
};

function refuseUnreadable(text: string): void {
  if (!text.includes(UNREADABLE)) return;
  throw new GatewayError("cannot be read", { code: "speech.script", kind: "permanent" });
}

// hw/sounds: the warnings that come with the program as sound. `node dist/hw/sounds/make.js` makes the files that
// phrases.json lists anew, by the same voice and loudness as the box's own, and notes their content there.
// It may import core/ and drivers/; the gateway reads the files and never this.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createEspeakEngine } from "../../src/drivers/audio/espeak-engine.ts";
import { PHRASE_INDEX } from "../../src/drivers/audio/made-phrases.ts";
import { createSoundMaker } from "../../src/drivers/audio/sound-maker.ts";
import { spokenText } from "../../src/drivers/audio/spoken-text.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";

const LONGEST_S = 20;

export interface MadePhrase {
  readonly text: string;
  readonly file: string;
  readonly sha256?: string;
}

export interface PhraseIndex {
  readonly phrases: readonly MadePhrase[];
}

/** Says each phrase into its file in `folder`; needs espeak-ng and ffmpeg. */
export async function makePhrases(phrases: readonly MadePhrase[], folder: string): Promise<MadePhrase[]> {
  const drafts = await mkdtemp(join(tmpdir(), "cunshao-sounds-"));
  try {
    const children = {
      clock: systemClock,
      log: silentLogger,
      register: createChildRegister(join(drafts, "children")),
    };
    const engine = createEspeakEngine(children, {});
    const maker = createSoundMaker(children);
    const made: MadePhrase[] = [];
    for (const { text, file } of phrases) {
      const raw = join(drafts, "raw.wav");
      await engine.speakInto(raw, spokenText(text));
      await maker.make(raw, join(folder, file), LONGEST_S);
      const sha256 = createHash("sha256")
        .update(await readFile(join(folder, file)))
        .digest("hex");
      made.push({ text, file, sha256 });
    }
    return made;
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}

const [, script = "", folder = "hw/sounds"] = process.argv;
if (script.endsWith("hw/sounds/make.js")) {
  const index = JSON.parse(await readFile(join(folder, PHRASE_INDEX), "utf8")) as PhraseIndex;
  const phrases = await makePhrases(index.phrases, folder);
  await writeFile(join(folder, PHRASE_INDEX), `${JSON.stringify({ phrases }, null, 2)}\n`);
}

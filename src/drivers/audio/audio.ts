import { join } from "node:path";
import type { Player, Sound, Speech, VoiceProgram } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { LivePlayer } from "../../core/live-voice.ts";
import type { Part } from "../../core/part.ts";
import type { ChildDependencies } from "../ffmpeg/child-process.ts";
import { createEspeakEngine } from "./espeak-engine.ts";
import { createFfmpegPlayer, type StandingPlayer, type WiredAudio } from "./ffmpeg-player.ts";
import { createLivePlayer } from "./live-player.ts";
import { createMadePhrases } from "./made-phrases.ts";
import type { Pronunciations } from "./pinyin.ts";
import { createPreferredSpeech } from "./preferred-speech.ts";
import { createProgramEngine } from "./program-engine.ts";
import { createSiteRecordings } from "./site-recordings.ts";
import { createSoundMaker } from "./sound-maker.ts";
import { createSpeech } from "./speech.ts";
import type { SpeechEngine } from "./speech-engine.ts";
import { wavDurationMs } from "./wav-file.ts";

export interface AudioOptions {
  /** Everything the box writes. */
  readonly dataFolder: string;
  /** The warnings that come with the program. */
  readonly soundsFolder: string;
  /** Recordings of the clip shelf, each named by its content. */
  readonly clipsFolder: string;
  readonly pronunciations: Pronunciations;
  /** A better voice of the site's own. */
  readonly program?: VoiceProgram | undefined;
  /** Sound files of the site by the words, or the warning of the program, in whose place they are played. */
  readonly recordings: Readonly<Record<string, string>>;
  /** Of one recording in place of words. */
  readonly maxRecording: { readonly seconds: number; readonly bytes: number };
  /** What people recorded in place of these words. */
  readonly replacing: (text: string) => Sound | undefined;
}

export interface Audio {
  readonly speech: Speech;
  readonly playerFor: (audio: WiredAudio) => Player;
  readonly livePlayerFor: (audio: WiredAudio) => LivePlayer;
  /** A recording by its content. @throws GatewayError `clips.gone` (permanent). */
  readonly clipSound: (sha256: string) => Promise<Sound>;
  /** Keeps the players ready, and the site's recordings fit, while they are started. */
  readonly parts: readonly Part[];
}

/**
 * What is heard from the horns, put together. Words are sought first among what people recorded on the page, then among the
 * recordings of the configuration, then among the program's own; what nobody recorded is said by the engine.
 */
export function createAudio(children: ChildDependencies, options: AudioOptions): Audio {
  const { dataFolder, soundsFolder, clipsFolder, pronunciations, recordings, maxRecording, replacing } =
    options;
  const players: StandingPlayer[] = [];
  const maker = createSoundMaker(children);
  const own = createSiteRecordings(
    { maker, log: children.log },
    {
      recordings,
      soundsFolder,
      folder: join(dataFolder, "site-recordings"),
      maxSeconds: maxRecording.seconds,
      maxBytes: maxRecording.bytes,
    },
  );
  const recorded = [
    async (text: string) => {
      const sound = replacing(text);
      // Looked at anew each time: a warning is spoken by the engine rather than not at all.
      return sound && soundAt(sound.path);
    },
    own.find,
    createMadePhrases(soundsFolder, children.log),
  ];
  const speechBy = (engine: SpeechEngine): Speech =>
    createSpeech({ ...children, engine }, join(dataFolder, "speech"), recorded);
  const usual = speechBy(createEspeakEngine(children, pronunciations));
  const { program } = options;
  const preferred =
    program &&
    createPreferredSpeech(
      children,
      speechBy(createProgramEngine({ ...children, maker }, program, pronunciations)),
      usual,
      program.patienceMs,
    );

  async function soundAt(path: string): Promise<Sound | undefined> {
    const durationMs = await wavDurationMs(path);
    return durationMs === undefined ? undefined : { path, durationMs };
  }

  return {
    speech: preferred ?? usual,
    playerFor(audio) {
      const player = createFfmpegPlayer(children, audio);
      players.push(player);
      return player;
    },
    livePlayerFor: (audio) => createLivePlayer(children, audio),
    async clipSound(sha256) {
      const sound = /^[0-9a-f]{64}$/.test(sha256) && (await soundAt(join(clipsFolder, `${sha256}.wav`)));
      if (sound) return sound;
      throw new GatewayError("the recording's file is gone", { code: "clips.gone", kind: "permanent" });
    },
    parts: [
      {
        name: "players",
        async start() {
          for (const player of players) await player.start();
        },
        async stop() {
          await Promise.all(players.map((player) => player.stop()));
        },
      },
      own,
      ...(preferred
        ? [{ name: "voice program", async start() {}, async stop() {}, health: preferred.health }]
        : []),
    ],
  };
}

import type { SpeakerOutlet } from "../../src/act/broadcast-desk.ts";
import { createLiveVoices, withLiveVoice } from "../../src/act/live-voices.ts";
import { createSpeakerChannel } from "../../src/act/speaker-channel.ts";
import { createTalkDesk } from "../../src/act/talk-desk.ts";
import type { Voice } from "../../src/act/voice.ts";
import type { BroadcastOrder } from "../../src/core/broadcast.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { EventDraft, Ledger } from "../../src/core/event.ts";
import type { LivePlayer } from "../../src/core/live-voice.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Clock } from "../../src/core/time.ts";
import type { VillageState } from "../../src/core/village.ts";
import { createTestDesk } from "./desk-rig.ts";
import { createLedgerDouble } from "./stores-double.ts";

const GROUPS = [{ id: "water", name: "水边", speakers: ["pond", "weir-horn"] }];

/** Of a voice module: it holds recordings only. */
const MODULE: Voice = {
  async prepare() {
    throw new GatewayError("cannot", { code: "speaker.cannot", kind: "permanent" });
  },
};

/**
 * The real road of a live voice, from the talk desk over the broadcast desk and the speakers' channels to players that
 * write down what they hear. Speaker `module` cannot play it.
 */
export function createTalkRig(
  clock: Clock,
  speakers: readonly string[] = ["pond", "hall", "weir-horn", "module"],
  ledger: Ledger = createLedgerDouble(clock),
) {
  const heard = new Map<string, number[]>();
  const relays = new Map<string, boolean>();
  const voices = createLiveVoices({ clock });
  const events: EventDraft[] = [];
  const outlets = new Map<string, SpeakerOutlet>();
  for (const id of speakers) {
    const channel = createSpeakerChannel(
      { clock, log: silentLogger },
      {
        id,
        name: id,
        audio: { kind: "alsa", device: "default" },
        settleMs: 100,
        holdMs: 100,
        maxOnSeconds: 60,
      },
      {
        switch: async (on) => void relays.set(id, on),
        readBack: async () => relays.get(id) ?? false,
        close: async () => void relays.set(id, false),
      },
    );
    const text: Voice = {
      async prepare() {
        return async ({ onSound, signal }) => {
          onSound();
          await clock.sleep(60_000, signal).catch(() => undefined);
        };
      },
    };
    const voice = id === "module" ? MODULE : withLiveVoice(text, id, voices, recordingPlayer(id));
    outlets.set(id, { channel, voice });
  }
  const record = (draft: EventDraft): void => {
    events.push(draft);
    void ledger.append(draft);
  };
  const { desk } = createTestDesk(clock, outlets, record, { groups: GROUPS });
  const channels = [...outlets.values()].map(({ channel }) => channel);
  for (const channel of channels) void channel.start();

  function recordingPlayer(id: string): LivePlayer {
    return {
      prepare: () => ({
        async close() {},
        async play(sound, { signal, onSound }) {
          onSound();
          const all = heard.get(id) ?? [];
          heard.set(id, all);
          while (!signal.aborted && !sound.isOver()) {
            all.push(...sound.pull(sound.rateHz / 50));
            await clock.sleep(20, signal).catch(() => undefined);
          }
        },
      }),
    };
  }

  const talks = createTalkDesk({
    voices,
    channels,
    village: () => ({
      say: async (order: BroadcastOrder) => desk.submit(order),
      silence: async (broadcast: string) => desk.silence(broadcast),
      state: () => ({ horns: { queue: desk.queue(), groups: GROUPS } }) as unknown as VillageState,
    }),
    clock,
    ledger,
    record,
  });

  return {
    talks,
    desk,
    channels,
    events,
    /** Whether the amplifier of a speaker is on. */
    isOn: (speaker: string): boolean => relays.get(speaker) ?? false,
    /** What came out of a speaker, without the silence. */
    heard: (speaker: string): number[] => (heard.get(speaker) ?? []).filter((sample) => sample !== 0),
    /** How it ended, as `pond played`, `pond failed speaker.cannot`. */
    async ends(): Promise<string[]> {
      const all = await ledger.read({ after: 0, limit: 1000 });
      return all
        .filter(({ type }) => type === "org.cunshao.broadcast.finished")
        .map(({ data }) => [data["speaker"], data["result"], data["reason"]].filter(Boolean).join(" "));
    },
  };
}

export type TalkRig = ReturnType<typeof createTalkRig>;

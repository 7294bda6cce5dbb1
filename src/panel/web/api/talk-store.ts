import { ref, shallowRef } from "vue";
import type { TalkOnSpeaker } from "../../../core/live-voice.ts";
import {
  type Microphone,
  MicrophoneError,
  type MicrophoneProblem,
  openMicrophone,
} from "../live/microphone.ts";
import { afterTalk } from "../words/speak-draft.ts";
import { isHeard, isSaid } from "../words/talk-words.ts";
import { API } from "./http.ts";
import { checkSession } from "./session-store.ts";
import { draft } from "./speak-store.ts";

/** `asking`: the browser asks the person for the microphone. */
type TalkStatus = "idle" | "asking" | "connecting" | "on";

export interface TalkWish {
  readonly speakers: readonly string[];
  readonly volume: number;
  readonly alarm?: string | undefined;
  readonly emergency?: boolean;
  readonly confirmed?: boolean;
  readonly reason?: string;
}

/** What is said while nothing leaves any more is not heard later. */
const MOST_UNSENT_BYTES = 32 * 1024;
/** Full scale of the level meter; speech is far below the loudest sample. */
const LOUD = 16_000;

const status = ref<TalkStatus>("idle");
const speakers = shallowRef<readonly TalkOnSpeaker[]>([]);
/** Code of how the last talk ended, until the next begins. */
const ended = ref<string>();
/** Whether a horn was on in it at any time. */
const wasHeard = ref(false);
const problem = ref<MicrophoneProblem>();
/** 0 to 1. */
const level = ref(0);

export const talk = { status, speakers, ended, wasHeard, problem, level };

let current: { stop(): void } | undefined;

/** Opens microphone and line; `stopTalk` may be called at any time meanwhile. */
export async function startTalk(wish: TalkWish): Promise<void> {
  if (current) return;
  let isOver = false;
  let microphone: Microphone | undefined;
  let socket: WebSocket | undefined;

  function over(code: string | undefined): void {
    if (isOver) return;
    isOver = true;
    current = undefined;
    microphone?.stop();
    level.value = 0;
    status.value = "idle";
    ended.value = code;
    // One that was refused stays as it was written, so that what is missing can be added; one that broke off, or that no horn was on for, is
    // not said yet.
    if (isSaid(code, wasHeard.value)) Object.assign(draft, afterTalk(draft, wish.alarm));
    if (code === "session.required") void checkSession();
  }

  current = {
    stop() {
      if (socket?.readyState === WebSocket.OPEN && status.value === "on") {
        // The box plays out what is on its way and says how it ended.
        socket.send(JSON.stringify({ end: true }));
        microphone?.stop();
        level.value = 0;
        return;
      }
      // What the box has not taken yet it does not end either. Nobody has heard anything.
      socket?.close();
      over("live.done");
    },
  };
  ended.value = undefined;
  wasHeard.value = false;
  problem.value = undefined;
  speakers.value = [];
  status.value = "asking";
  try {
    const opened = await openMicrophone(send, () => current?.stop());
    microphone = opened;
    // Let go while the browser still asked.
    if (isOver) opened.stop();
    else socket = openLine(wish, opened.sampleRate, over);
  } catch (error) {
    problem.value = error instanceof MicrophoneError ? error.problem : "failed";
    over(undefined);
  }

  function send(samples: Int16Array<ArrayBuffer>): void {
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    // Falls slowly, so that the eye can follow.
    level.value = Math.max(Math.min(1, loudest / LOUD), level.value * 0.9);
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MOST_UNSENT_BYTES) return;
    socket.send(samples);
  }
}

function openLine(wish: TalkWish, sampleRate: number, over: (code: string) => void): WebSocket {
  status.value = "connecting";
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${API}/broadcasts/live`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => {
    socket.send(JSON.stringify({ ...wish, codec: "pcm16", sampleRate }));
  });
  socket.addEventListener("message", ({ data }) => {
    const told = JSON.parse(String(data)) as { state: string; speakers?: readonly TalkOnSpeaker[] };
    if (told.state === "accepted") status.value = "on";
    if (!told.speakers) return;
    speakers.value = told.speakers;
    wasHeard.value ||= isHeard(told.speakers);
  });
  // Without a code the line broke, or it was refused before there was one: the log-in tells which.
  socket.addEventListener("close", ({ reason }) => {
    if (reason === "") void checkSession();
    over(reason === "" ? "network" : reason);
  });
  return socket;
}

export function stopTalk(): void {
  current?.stop();
}

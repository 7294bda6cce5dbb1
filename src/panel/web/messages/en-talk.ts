import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-talk.ts";

/** Speaking through the horns with one's own voice. */
export const talk: WordsOf<typeof zh.talk> = {
  title: "Use the microphone",
  hold: "Hold to talk",
  holding: "Release to stop",
  start: "Tap to talk",
  stop: "Tap to stop",
  mode: "Tap to start and tap to stop, without holding",
  heardBy: "Horns that hear you: {speakers}",
  level: "Microphone level",
  feedback: "Too close to a horn it will howl. Stand farther away.",
  state: {
    asking: "The browser asks about the microphone: choose “Allow”",
    connecting: "Connecting…",
    waiting: "{by} is speaking, please wait…",
    settling: "Switching on…",
    open: "Talk now",
    partly: "Talk now (not ready: {speakers})",
    interrupted: "Interrupted by something more urgent ({by})",
    interruptedPlain: "Interrupted by something more urgent",
    stopped: "Stopped by somebody",
    done: "Done",
    unheard: "Nobody heard it: talk once it says “Talk now”",
    failed: "Did not work: {reason}",
  },
  microphone: {
    denied:
      "The browser does not allow the microphone. Use the sign left of the address, set “Microphone” to “Allow”, and press again.",
    none: "This device has no microphone. Plug one in and press again.",
    busy: "Another program uses the microphone. Close it and press again.",
    failed: "The microphone does not open. Press again.",
    old: "This browser is too old for the microphone. Use a newer one, or write the words.",
    insecure: "For the microphone open this page by https: browsers allow it to encrypted pages only.",
    insecureLink: "Open by https",
  },
};

export const talkEvents: WordsOf<typeof zh.talkEvents> = {
  talkEnded: "{by} talked for {seconds} s ({reason})",
};

export const talkReasons: WordsOf<typeof zh.talkReasons> = {
  live_voice: "live voice",
  live_done: "done",
  live_hung_up: "cut off: page closed or network lost",
  live_preempted: "interrupted by something more urgent",
  live_stopped: "stopped by somebody",
  live_stalled: "no sound for three seconds: stopped",
  live_too_long: "too long: stopped",
  live_too_fast: "sound came too fast",
  live_bad_frame: "the sound is not valid",
  live_unexpected_message: "something unknown was sent",
  live_no_hello: "no horn was named",
  live_codec: "this kind of sound is not supported",
  live_sample_rate: "this sample rate is not supported",
  live_full: "too many people are talking, please try later",
  live_over: "already done",
  audio_stuck: "the sound card does not answer",
  panel_stopping: "the box is restarting",
  session_required: "your session has ended, please log in again",
};

import { readonly, ref } from "vue";

const URGENT = { notes: [880, 660, 880, 660], everyMs: 1_200 } as const;
const USUAL = { notes: [784, 587], everyMs: 2_500 } as const;
const NOTE_SECONDS = 0.22;
const LOUD = 0.35;

let audio: AudioContext | undefined;
const allowed = ref(false);

/** Whether this browser lets the page sound: none does before somebody has tapped on it. */
export const bellAllowed = readonly(allowed);

function newAudio(): AudioContext {
  const context = new AudioContext();
  // It begins after the tap, and ends where a telephone needs the sound for a call.
  context.addEventListener("statechange", () => {
    allowed.value = context.state === "running";
  });
  return context;
}

/** Listens for the first tap, after which sound is allowed. Returns how to stop. */
export function awaitTap(): () => void {
  const wake = (): void => {
    audio ??= newAudio();
    void audio.resume();
  };
  // Who has just logged in has tapped already.
  if (navigator.userActivation?.hasBeenActive ?? false) wake();
  // Not when the finger comes down: the request to tap goes then, everything below it moves up, and the tap would miss what it was for.
  const taps = ["click", "keydown"] as const;
  for (const tap of taps) addEventListener(tap, wake, { capture: true });
  return () => {
    for (const tap of taps) removeEventListener(tap, wake, { capture: true });
  };
}

/** Sounds once. Returns after how many milliseconds to sound again. */
export function ring(urgent: boolean): number {
  const { notes, everyMs } = urgent ? URGENT : USUAL;
  if (audio?.state === "running") {
    const volume = new GainNode(audio, { gain: LOUD });
    volume.connect(audio.destination);
    for (const [index, frequency] of notes.entries()) {
      const at = audio.currentTime + index * NOTE_SECONDS;
      const tone = new OscillatorNode(audio, { type: "triangle", frequency });
      tone.connect(volume);
      tone.start(at);
      tone.stop(at + NOTE_SECONDS * 0.9);
    }
  }
  return everyMs;
}

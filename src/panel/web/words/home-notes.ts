import type { VillageState } from "../../../core/village.ts";
import { hornsNow, type Voice } from "./horns-now.ts";
import { isBlind } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** Whether every camera shows what it should. */
export function allSee({ cameras }: Pick<VillageState, "cameras">): boolean {
  return cameras.every((camera) => !isBlind(camera) && camera.state === "running");
}

/** Whether one can see; a camera that is being connected shows nothing yet. */
export function cameraNote({ cameras }: Pick<VillageState, "cameras">): Phrase {
  const count = cameras.length;
  const blind = cameras.filter(isBlind).length;
  const connecting = cameras.filter((camera) => !isBlind(camera) && camera.state === "connecting").length;
  if (count === 0) return phrase("camera.none");
  if (blind > 0 && connecting > 0) return phrase("home.someBlindConnecting", { count, blind, connecting });
  if (blind > 0) return phrase("home.someBlind", { count, blind });
  return connecting > 0
    ? phrase("home.someConnecting", { count, connecting })
    : phrase("home.allSee", { count });
}

/** Whether one can be heard: what stands against it, one after the other. */
export function hornNote(
  state: Pick<VillageState, "speakers" | "horns" | "clock" | "site">,
  voice: Voice,
  nowIso: string,
): readonly Phrase[] {
  const { speakers } = state;
  if (speakers.length === 0) return [phrase("speak.none")];
  const { well, phrases } = hornsNow(state, speakers, voice, nowIso);
  // What sounds, or two things that stand against it, leave no room for how many there are.
  if (phrases.length > 1 || (well && phrases.length > 0)) return phrases;
  return [phrase("home.horns", { count: speakers.length }), ...phrases];
}

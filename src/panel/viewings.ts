import type { Clock } from "../core/time.ts";
import type { RandomBytes } from "./passwords.ts";
import { refusal } from "./problems.ts";
import type { Identity } from "./sessions.ts";

const LIFE_MS = 3_600_000;
/** More at once are nobody's work; the oldest are forgotten, and asked for again with a reason. */
const MOST = 500;

/** That somebody may see one camera's recordings of some time, because the ledger holds why. */
export interface Viewing {
  readonly id: string;
  readonly camera: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

interface Kept extends Viewing {
  readonly who: string;
  readonly untilMs: number;
}

export interface Viewings {
  open(identity: Identity, span: Pick<Viewing, "camera" | "fromMs" | "toMs">): Viewing;
  /** @throws GatewayError `viewing.required` when it is not theirs, not of this camera and time, or too old. */
  demand(identity: Identity, id: string, camera: string, fromMs: number): Viewing;
}

export function createViewings(clock: Clock, random: RandomBytes): Viewings {
  const viewings = new Map<string, Kept>();

  function forgetOld(): void {
    const nowMs = clock.now().monotonicMs;
    for (const [id, { untilMs }] of viewings) if (untilMs <= nowMs) viewings.delete(id);
    for (const id of viewings.keys()) {
      if (viewings.size < MOST) break;
      viewings.delete(id);
    }
  }

  return {
    open(identity, span) {
      forgetOld();
      const { wallMs, monotonicMs } = clock.now();
      const id = Buffer.from(random(16)).toString("base64url");
      const kept = { id, ...span, expiresAtMs: wallMs + LIFE_MS, untilMs: monotonicMs + LIFE_MS };
      viewings.set(id, { ...kept, who: whoIs(identity) });
      const { untilMs: _untilMs, ...viewing } = kept;
      return viewing;
    },
    demand(identity, id, camera, fromMs) {
      forgetOld();
      const viewing = viewings.get(id);
      const isTheirs = viewing?.who === whoIs(identity) && viewing.camera === camera;
      if (viewing && isTheirs && fromMs >= viewing.fromMs && fromMs < viewing.toMs) return viewing;
      throw refusal("viewing.required", "Say first what you want to see and why: POST /api/v1/viewings");
    },
  };
}

function whoIs({ by, session }: Identity): string {
  return `${by.kind} ${by.name} ${session?.tokenHash ?? ""}`;
}

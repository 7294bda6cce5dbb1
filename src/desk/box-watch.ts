import { z } from "zod";
import { errorCode, GatewayError } from "../core/errors.ts";
import { MAY_HEADER } from "../core/spoken-for.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { BoxDoor, BoxNames, DeskVillage } from "../core/township-desk.ts";
import { callBox } from "./box-call.ts";
import { PlainTime, plainWords } from "./plain-words.ts";

/** Names and cameras change seldom; an alarm of which nothing is known asks at once. */
const LOOK_MS = 30_000;
const SOON_MS = 300;
/** Where one look is wanted after the other: a box whose alarms never end is not looked at without end. */
const LONGEST_GAP_MS = 5_000;
const MOST_STATE_BYTES = 2 * 1024 * 1024;
const MOST_SESSION_BYTES = 64 * 1024;
/** Below that nobody is misled; box and desk may both be a little wrong. */
const CLOCK_OFF_S = 120;

const LONGEST_NAME = 120;

const Words = z.string().transform((text) => plainWords(text, LONGEST_NAME));
const Named = z.object({ id: Words, name: Words });
const State = z.object({
  site: z.object({ id: z.string() }),
  version: Words,
  now: PlainTime,
  clock: z.enum(["synced", "unsynced"]),
  cameras: z.array(Named.extend({ state: z.string(), faults: z.array(z.unknown()).default([]) })).max(500),
  rules: z.array(Named).max(1000),
  alarms: z
    .array(z.object({ id: z.string(), name: Words, place: Words, camera: Words.optional() }))
    .max(5000),
});
const Session = z.object({ permissions: z.array(z.string()).max(100) });

/** What one look at a box told. */
export interface Told {
  readonly village: DeskVillage;
  readonly names: BoxNames;
}

export interface BoxWatch {
  told(): Told | undefined;
  /** Stable code of why nothing may be done there: it is another village's, or too old to be asked for somebody else. */
  fault(): string | undefined;
  /** Looks soon. */
  look(): void;
  stop(): void;
}

/** Looks at one box now and then, while it is there: who it is, what its things are called, how it is. */
export function createBoxWatch(
  {
    clock,
    door,
    onChange,
  }: { readonly clock: Clock; readonly door: () => BoxDoor | undefined; readonly onChange: () => void },
  site: string,
): BoxWatch {
  let told: Told | undefined;
  let fault: string | undefined;
  let timer: Timer | undefined;
  let isLooking = false;
  let isWanted = false;
  let isStopped = false;
  let dueMs = Number.POSITIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let gapMs = SOON_MS;

  async function demandNarrowing(to: BoxDoor): Promise<void> {
    const { status, body } = await callBox(clock, to, {
      method: "GET",
      path: "/session",
      headers: { [MAY_HEADER]: "look" },
      mostBytes: MOST_SESSION_BYTES,
    });
    if (status === 401) throw permanent("box.unauthorized", "The box does not know the token");
    const session = Session.safeParse(body);
    if (status !== 200 || !session.success) throw transient("box.bad_answer");
    // A box that does not ask for whom a program speaks would let everybody at this desk do all that the desk may do.
    if (session.data.permissions.some((permission) => permission !== "look")) {
      throw permanent("box.too_old", "The box does not know of people at a desk");
    }
    if (session.data.permissions.length === 0) throw permanent("box.denied", "The token may not look");
  }

  async function ask(to: BoxDoor): Promise<Told> {
    await demandNarrowing(to);
    const answer = await callBox(clock, to, { method: "GET", path: "/state", mostBytes: MOST_STATE_BYTES });
    const state = State.safeParse(answer.body);
    if (answer.status !== 200 || !state.success) throw transient("box.bad_answer");
    const { site: there, version, now, clock: quality, cameras, rules, alarms } = state.data;
    if (there.id !== site) throw permanent("box.other_site", `This is ${there.id}, and ${site} was expected`);
    const offSeconds = Math.round((Date.parse(now) - clock.now().wallMs) / 1000);
    return {
      village: {
        version,
        cameras: cameras.length,
        blindCameras: cameras.filter(({ state: is, faults }) => is !== "running" || faults.length > 0).length,
        clock: quality,
        ...(Math.abs(offSeconds) >= CLOCK_OFF_S && { clockOffSeconds: offSeconds }),
      },
      names: {
        rules: new Map(rules.map(({ id, name }) => [id, name])),
        alarms: new Map(alarms.map(({ id, ...rest }) => [id, rest])),
      },
    };
  }

  async function lookNow(): Promise<void> {
    const to = door();
    isWanted = false;
    if (!to || isLooking) return;
    isLooking = true;
    const { monotonicMs } = clock.now();
    gapMs = monotonicMs - lookedMs < LOOK_MS / 2 ? Math.min(LONGEST_GAP_MS, 2 * gapMs) : SOON_MS;
    lookedMs = monotonicMs;
    try {
      told = await ask(to);
      fault = undefined;
    } catch (error) {
      // Whether it is there at all is the puller's to say.
      if (error instanceof GatewayError && error.kind === "permanent") fault = errorCode(error);
    } finally {
      isLooking = false;
    }
    if (!isStopped) onChange();
  }

  /** One that is planned for sooner stays as it is. */
  function plan(delayMs: number): void {
    const { monotonicMs } = clock.now();
    if (isStopped || monotonicMs + delayMs >= dueMs) return;
    timer?.cancel();
    dueMs = monotonicMs + delayMs;
    timer = clock.after(delayMs, () => {
      dueMs = Number.POSITIVE_INFINITY;
      void lookNow().finally(() => plan(isWanted ? soonMs() : LOOK_MS));
    });
  }

  function soonMs(): number {
    return Math.max(SOON_MS, lookedMs + gapMs - clock.now().monotonicMs);
  }

  return {
    told: () => told,
    fault: () => fault,
    look() {
      isWanted = true;
      if (!isLooking) plan(soonMs());
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

function permanent(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

function transient(code: string): GatewayError {
  return new GatewayError("The box answers with something else", { code, kind: "transient" });
}

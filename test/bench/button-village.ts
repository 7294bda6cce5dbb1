import type { GatewayRig } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";

// A village with a button for help and a horn: what its gateway needs, and from the press to the sound.

const CHIP = "virtual-gpio";
const BUTTON_LINE = 10;
const SETTLE_MS = 300;
const GIVE_UP_MS = 30_000;

/** Sections of the configuration. */
export const BUTTON = {
  inputs: [{ id: "help", name: "求助按钮", gpio: { chip: CHIP, line: BUTTON_LINE, activeLow: true } }],
  rules: [
    {
      id: "sos",
      name: "有人求助",
      when: { input: "help" },
      cooldownSeconds: 0,
      // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
      then: [{ say: "有人求助", on: ["pond"] }, { alarm: { severity: "warning" } }],
    },
  ],
};

/** Of the rig. The same words many times a minute are what the guards are there to stop. */
export const BUTTON_HORN = {
  settleMs: SETTLE_MS,
  broadcasts: { mostPerMinute: 600, sameWordsSeconds: 0 },
};

export interface Alarmed {
  /** From the press to the first sample, without settling. */
  readonly tookMs: number;
  readonly alarm: string;
}

/**
 * Presses the button, waits for the sound, and has the alarm seen to.
 * @param before the alarm before it.
 * @param seen resolves once somebody has seen it, before it is seen to; told when the button was pressed.
 */
export async function alarmToSound(
  rig: GatewayRig,
  before: string | undefined,
  seen: (pressedAtMs: number) => Promise<unknown> = async () => {},
): Promise<Alarmed> {
  await until(() => !rig.horn.state().powered, { timeoutMs: GIVE_UP_MS, what: "the amplifier to be off" });
  let soundMs: number | undefined;
  const stop = rig.horn.onAudible(({ atMs }) => {
    soundMs ??= atMs;
  });
  const pressedMs = performance.now();
  const seeing = seen(Date.now());
  rig.closeInput(BUTTON_LINE, true);
  await until(() => soundMs !== undefined, { timeoutMs: GIVE_UP_MS, what: "the horn to sound" });
  stop();
  rig.closeInput(BUTTON_LINE, false);
  await seeing;
  const alarm = await seeToNewest(rig, before);
  return { tookMs: (soundMs ?? Number.NaN) - pressedMs - SETTLE_MS, alarm };
}

/** So that the next press is an alarm of its own. The horn sounds before the alarm is in the ledger. */
async function seeToNewest(rig: GatewayRig, before: string | undefined): Promise<string> {
  const raised = async () => {
    const alarms = (await (await rig.get("/api/v1/alarms")).json()) as { id: string; status: string }[];
    return alarms.find(({ id, status }) => id !== before && status !== "cleared");
  };
  const { id } = await until(raised, { timeoutMs: GIVE_UP_MS, what: "the alarm" });
  const answer = await rig.post(`/api/v1/alarms/${encodeURIComponent(id)}/clear`);
  if (!answer.ok) throw new Error(`the alarm could not be cleared: ${answer.status}`);
  return id;
}

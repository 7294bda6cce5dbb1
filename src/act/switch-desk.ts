import type { Effect } from "../core/alarm.ts";
import type { Relay } from "../core/devices.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { Switch } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { SwitchView } from "../core/village.ts";
import { openRelay } from "./outlets.ts";
import { createAmplifierPower } from "./power.ts";
import type { SecondKeys } from "./second-keys.ts";
import type { RelayDevices } from "./take-relay.ts";

export interface SwitchDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes an event for the ledger; never throws. */
  readonly record: (draft: EventDraft) => void;
  readonly keys: SecondKeys;
}

export type SwitchOrder = Extract<Effect, { kind: "switch-on" | "switch-off" }>;

export interface SwitchDesk {
  /** One a switch; to be stopped before anything else, like the speakers. */
  readonly parts: readonly Part[];
  /** The one road to sirens and lights. Never throws. */
  order(order: SwitchOrder): void;
  /** While closed no siren sounds. */
  kill(closed: boolean): void;
  /** Each change of it is an event in the ledger, too. */
  states(): readonly SwitchView[];
}

interface OneSwitch extends Part {
  readonly id: string;
  state(): SwitchView;
  on(alarm: string, forMs: number): void;
  release(alarm: string): void;
  kill(closed: boolean): void;
  /** Something that is waited for may have come. */
  look(): void;
}

/** Opens the relays of all switches; they are off when this resolves. One that is missing is a fault of its part. */
export async function openSwitchRelays(
  devices: RelayDevices & { readonly clock: Clock; readonly log: Logger },
  switches: readonly Switch[],
): Promise<readonly (readonly [Switch, Relay])[]> {
  const opened: (readonly [Switch, Relay])[] = [];
  for (const each of switches) {
    const { id, relay, maxOnSeconds } = each;
    opened.push([each, await openRelay(devices, relay, { maxOnSeconds, owner: { switch: id } })]);
  }
  return opened;
}

/**
 * Sirens and lights: on for as long as an alarm asked, off again when nobody asks any more, and never on for longer than
 * `maxOnSeconds` at a time.
 */
export function createSwitchDesk(
  dependencies: SwitchDependencies,
  opened: readonly (readonly [Switch, Relay])[],
): SwitchDesk {
  const parts = opened.map(([each, relay]) => createSwitch(dependencies, each, relay));
  dependencies.keys.turned.on(() => {
    for (const each of parts) each.look();
  });
  return {
    parts,
    kill(closed) {
      for (const each of parts) each.kill(closed);
    },
    order(order) {
      if (order.kind === "switch-off") {
        for (const each of parts) each.release(order.alarm);
        return;
      }
      for (const each of parts) {
        if (order.switches.includes(each.id)) each.on(order.alarm, order.forSeconds * 1000);
      }
    },
    states: () => parts.map((each) => each.state()),
  };
}

function createSwitch(
  { clock, log, record, keys }: SwitchDependencies,
  { id, name: label, maxOnSeconds, kind = "siren", keys: needed = kind === "siren" ? 2 : 1 }: Switch,
  relay: Relay,
): OneSwitch {
  const name = `switch ${id}`;
  /** Alarms that want it on, with when that ends. */
  const wanted = new Map<string, Timer>();
  /** Alarms that want it on once a second observation agrees, with for how long and when it is too late for that. */
  const held = new Map<string, { readonly forMs: number; readonly timer: Timer }>();
  let turning: AbortController | undefined;
  let stopped = true;
  let isKilled = false;

  const power = createAmplifierPower(
    { clock, log: log.child({ switch: id }) },
    relay,
    { settleMs: 0, maxOnMs: maxOnSeconds * 1000 },
    () => {
      forget();
      tell(false, "switch.max_on");
    },
  );

  function tell(on: boolean, reason?: string): void {
    const data = { switch: id, name: label, on, ...(reason && { reason }) };
    record({ type: "org.cunshao.switch.changed", class: "state", subject: id, data });
  }

  /** Why it stays off is told, whoever wanted it on. */
  function refuse(alarm: string, reason: string): void {
    const data = { switch: id, name: label, alarm, reason };
    record({ type: "org.cunshao.switch.refused", class: "state", subject: id, data });
  }

  function hold(alarm: string, forMs: number): void {
    if (held.has(alarm)) return;
    const timer = clock.after(keys.windowMs, () => {
      held.delete(alarm);
      refuse(alarm, "guard.second_key");
    });
    held.set(alarm, { forMs, timer });
  }

  function unhold(alarm: string): void {
    held.get(alarm)?.timer.cancel();
    held.delete(alarm);
  }

  function forget(): void {
    for (const timer of wanted.values()) timer.cancel();
    wanted.clear();
    for (const alarm of [...held.keys()]) unhold(alarm);
    turning?.abort();
    turning = undefined;
  }

  async function turnOn(abort: AbortController): Promise<void> {
    try {
      await power.on(abort.signal);
      if (!abort.signal.aborted) tell(true);
    } catch (error) {
      if (isAbort(error)) return;
      log.error({ code: errorCode(error), switch: id }, "a switch could not be switched on");
      tell(false, errorCode(error));
      forget();
    }
  }

  function on(alarm: string, forMs: number): void {
    if (stopped) return;
    if (isKilled && kind === "siren") {
      refuse(alarm, "guard.kill_switch");
      return;
    }
    if (keys.count() < needed) {
      hold(alarm, forMs);
      return;
    }
    unhold(alarm);
    wanted.get(alarm)?.cancel();
    wanted.set(
      alarm,
      clock.after(forMs, () => release(alarm)),
    );
    if (turning) return;
    turning = new AbortController();
    void turnOn(turning);
  }

  function release(alarm: string): void {
    unhold(alarm);
    const timer = wanted.get(alarm);
    if (!timer) return;
    timer.cancel();
    wanted.delete(alarm);
    if (wanted.size > 0) return;
    forget();
    const wasOn = power.isOn;
    void power.off().then(() => {
      if (wasOn) tell(false);
    });
  }

  return {
    name,
    id,
    state: () => ({ id, name: label, on: power.isOn }),
    health: () => (power.fault ? { name, status: "degraded", reason: power.fault } : { name, status: "ok" }),
    on,
    look() {
      for (const [alarm, { forMs }] of [...held]) on(alarm, forMs);
    },
    kill(closed) {
      isKilled = closed;
      if (!closed || kind !== "siren") return;
      for (const alarm of [...held.keys(), ...wanted.keys()]) {
        refuse(alarm, "guard.kill_switch");
        release(alarm);
      }
    },
    release,
    async start() {
      stopped = false;
      await power.off();
    },
    async stop() {
      stopped = true;
      forget();
      await power.close();
    },
  };
}

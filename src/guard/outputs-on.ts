import type { Gpio, ModbusRelays, Relay, SerialDevices, SpeechModule, VoiceModule } from "../core/devices.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { Speaker, Switch, VoiceModuleWiring } from "../core/site.ts";

/** Whatever can energise an output. */
export interface OutputDevices<S extends SerialDevices, M extends ModbusRelays> {
  readonly gpio: Gpio;
  readonly serial: S;
  readonly modbus: M;
}

/**
 * Which outputs the relays themselves were told to energise, whoever ordered it and for whatever reason; of horns without a relay,
 * on which a voice module plays.
 */
export interface OutputsOn {
  /** The same devices, watched. */
  watching<S extends SerialDevices, M extends ModbusRelays>(
    devices: OutputDevices<S, M>,
  ): OutputDevices<S, M>;
  /** As `Beat.on`. */
  on(): Readonly<Record<string, number>>;
  /** As `Beat.unsure`. */
  unsure(): readonly string[];
}

/** @param onChange called before a relay is told to go on, and after it was told to go off. */
export function createOutputsOn(
  outputs: {
    readonly speakers: readonly (Pick<Speaker, "id" | "power"> & {
      readonly module?: VoiceModuleWiring | undefined;
    })[];
    readonly switches: readonly Pick<Switch, "id" | "relay">[];
  },
  onChange: () => void,
): OutputsOn {
  const names = new Map<unknown, string>(
    [
      ...outputs.speakers.flatMap(({ id, power, module }) => [
        [id, power && lineOf(power)] as const,
        [id, module] as const,
      ]),
      ...outputs.switches.map(({ id, relay }) => [id, lineOf(relay)] as const),
    ].flatMap(([id, line]) => (line ? [[line, id] as const] : [])),
  );
  const on = new Map<string, number>();
  const unsure = new Set<string>();
  let orders = 0;

  function watched(relay: Relay, line: unknown): Relay {
    const name = names.get(line) ?? "?";
    const { switchOnFor } = relay;
    return {
      ...relay,
      async switch(wanted) {
        if (wanted) {
          on.set(name, ++orders);
          onChange();
          await relay.switch(true);
          return;
        }
        const order = on.get(name);
        if (order !== undefined) unsure.add(name);
        on.delete(name);
        await relay.switch(false);
        unsure.delete(name);
        onChange();
      },
      ...(switchOnFor && {
        async switchOnFor(forMs: number) {
          // A renewal goes on with the same order: its longest time on does not begin anew.
          if (!on.has(name)) {
            on.set(name, ++orders);
            onChange();
          }
          await switchOnFor(forMs);
        },
      }),
      async close() {
        await relay.close();
        on.delete(name);
        unsure.delete(name);
        onChange();
      },
    };
  }

  /** Counts as on while `play` goes on, whatever becomes of it. */
  async function playing(line: unknown, play: () => Promise<void>): Promise<void> {
    const name = names.get(line);
    // Behind a relay, which is what counts.
    if (name === undefined) return play();
    on.set(name, ++orders);
    onChange();
    try {
      await play();
      unsure.delete(name);
    } catch (error) {
      // It may play on.
      unsure.add(name);
      throw error;
    } finally {
      on.delete(name);
      onChange();
    }
  }

  function watchedModule(module: VoiceModule, line: unknown): VoiceModule {
    return { ...module, play: (track, signal) => playing(line, () => module.play(track, signal)) };
  }

  function watchedReader(module: SpeechModule, line: unknown): SpeechModule {
    return {
      ...module,
      prepare(text) {
        const say = module.prepare(text);
        return (options) => playing(line, () => say(options));
      },
    };
  }

  return {
    watching: ({ gpio, serial, modbus }) => ({
      gpio: { ...gpio, openRelay: async (line) => watched(await gpio.openRelay(line), line) },
      serial: {
        ...serial,
        openRelay: async (wiring) => watched(await serial.openRelay(wiring), wiring),
        openAmplifier: async (wiring) => watched(await serial.openAmplifier(wiring), wiring),
        openVoiceModule: async (wiring) => watchedModule(await serial.openVoiceModule(wiring), wiring),
        openSpeechModule: async (wiring) => watchedReader(await serial.openSpeechModule(wiring), wiring),
      },
      modbus: { ...modbus, openRelay: async (wiring) => watched(await modbus.openRelay(wiring), wiring) },
    }),
    on: () => Object.fromEntries(on),
    unsure: () => [...unsure],
  };
}

/** The port is given this very object, which so names the output. */
function lineOf(wiring: PowerWiring): unknown {
  return Object.values(wiring)[0];
}

// What switches an amplifier, a siren or a light, as configured.

/** A GPIO line named by its chip's label, because chip numbers differ by board and kernel. */
export interface GpioLine {
  readonly chip: string;
  /** Offset on the chip, 0 or more. */
  readonly line: number;
  readonly activeLow: boolean;
}

/** One output of a serial relay board. `channel` counts from 1, as printed on the boards. */
export interface SerialRelayWiring {
  readonly bus: string;
  readonly profile: string;
  readonly channel: number;
}

/** One output of a Modbus relay board. */
export interface ModbusRelayWiring extends SerialRelayWiring {
  /** Modbus unit; absent: as the board leaves its factory. */
  readonly address?: number | undefined;
}

export type RelayWiring =
  | { readonly gpio: GpioLine }
  | { readonly serial: SerialRelayWiring }
  | { readonly modbus: ModbusRelayWiring };

/** An amplifier that is switched on and off over a serial line. */
export interface AmplifierWiring {
  readonly bus: string;
  readonly profile: string;
  /** Its address or zone; absent where the profile has none. */
  readonly address?: number | undefined;
  /** Selected whenever it is switched on; absent: as it is. */
  readonly input?: number | undefined;
  /** 0 to 100, set whenever it is switched on; absent: as it is. */
  readonly volume?: number | undefined;
}

/** What gives an amplifier its power. */
export type PowerWiring = RelayWiring | { readonly amplifier: AmplifierWiring };

// hw/virtual/board/: the GPIO lines of a board that exists only as a process, and the `Gpio` port over its socket, so
// that the gateway can be killed while the board lives. May import node builtins, src/core and hw/virtual/serial.
import { GatewayError } from "../../../src/core/errors.ts";
import { createSignal } from "../../../src/core/signals.ts";

/** Volts on a pin: 1 is high. What it means is up to the wiring. */
export type Level = 0 | 1;
export type Direction = "in" | "out";

/** A line by its chip's label and its offset on that chip. */
export interface LineRef {
  readonly chip: string;
  readonly line: number;
}

export interface LevelChange extends LineRef {
  readonly level: Level;
}

export interface LineView extends LevelChange {
  readonly direction: Direction;
  /** Every level this line has driven as an output, oldest first, at most the last 1,000. */
  readonly history: readonly { readonly level: Level; readonly atMs: number }[];
}

export interface VirtualBoard {
  /** @throws GatewayError `gpio.chip_missing`, `gpio.line_missing` (permanent); so do all that take a line. */
  line(ref: LineRef): LineView;
  /** Closes the contact on an input: it pulls the pin against its resting level. */
  press(ref: LineRef): void;
  release(ref: LineRef): void;
  /** Sets what the pin drives as an output; while it is an input this is only remembered, as in real chips. */
  write(ref: LineRef, level: Level): void;
  setDirection(ref: LineRef, direction: Direction): void;
  /** Calls when an output begins to drive or changes its level. Returns how to stop. */
  onOutput(listener: (change: LevelChange) => void): () => void;
  /** Calls when the level of an input changes. */
  onInput(listener: (change: LevelChange) => void): () => void;
}

export interface ChipConfig {
  readonly label: string;
  /** Lines 0 to this minus 1. */
  readonly lines: number;
  /** Lines that rest low; all others have a pull-up, so that a contact to ground reads 0. */
  readonly pulledDown?: readonly number[];
}

const HISTORY_LIMIT = 1000;

interface Pin {
  readonly ref: LineRef;
  readonly resting: Level;
  direction: Direction;
  latch: Level;
  pressed: boolean;
  readonly history: { level: Level; atMs: number }[];
}

/** A board as it is after power-on: every line an input at rest. */
export function createVirtualBoard(config: { readonly chips: readonly ChipConfig[] }): VirtualBoard {
  const chips = new Map(config.chips.map((chip) => [chip.label, pinsOf(chip)]));
  const outputs = createSignal<LevelChange>();
  const inputs = createSignal<LevelChange>();

  function pin(ref: LineRef): Pin {
    const pins = chips.get(ref.chip);
    if (!pins) throw gpioError("gpio.chip_missing", `The board has no chip labelled ${ref.chip}`);
    const found = pins[ref.line];
    if (!found) throw gpioError("gpio.line_missing", `Chip ${ref.chip} has no line ${ref.line}`);
    return found;
  }

  /** Makes a change and tells what could be seen of it from outside. */
  function change(ref: LineRef, make: (target: Pin) => void): void {
    const target = pin(ref);
    const before = { level: levelOf(target), direction: target.direction };
    make(target);
    const level = levelOf(target);
    const turned = target.direction !== before.direction;
    if (target.direction === "out" && (turned || level !== before.level)) {
      target.history.push({ level, atMs: Date.now() });
      if (target.history.length > HISTORY_LIMIT) target.history.shift();
      outputs.emit({ ...target.ref, level });
    } else if (target.direction === "in" && !turned && level !== before.level) {
      inputs.emit({ ...target.ref, level });
    }
  }

  return {
    line(ref) {
      const target = pin(ref);
      const { direction, history } = target;
      return { ...target.ref, direction, level: levelOf(target), history: [...history] };
    },
    press: (ref) =>
      change(ref, (target) => {
        target.pressed = true;
      }),
    release: (ref) =>
      change(ref, (target) => {
        target.pressed = false;
      }),
    write: (ref, level) =>
      change(ref, (target) => {
        target.latch = level;
      }),
    setDirection: (ref, direction) =>
      change(ref, (target) => {
        target.direction = direction;
      }),
    onOutput: outputs.on,
    onInput: inputs.on,
  };
}

function pinsOf(chip: ChipConfig): Pin[] {
  return Array.from({ length: chip.lines }, (_, line) => ({
    ref: { chip: chip.label, line },
    resting: chip.pulledDown?.includes(line) ? 0 : 1,
    direction: "in",
    latch: 0,
    pressed: false,
    history: [],
  }));
}

function levelOf({ direction, latch, pressed, resting }: Pin): Level {
  if (direction === "out") return latch;
  return pressed === (resting === 1) ? 0 : 1;
}

function gpioError(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

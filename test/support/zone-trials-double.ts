import type { ModelSetting } from "../../src/core/detector.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { OwnProgram, ProgramEnd, StartOwnProgram } from "../../src/core/own-program.ts";
import type { LineDrawing, ShapeDesk } from "../../src/core/shapes.ts";
import type { Rule } from "../../src/core/site.ts";
import type { Clock } from "../../src/core/time.ts";
import type { ZoneDesk } from "../../src/core/zones.ts";
import { createTrialDesk } from "../../src/provision/zone-trial/trial-desk.ts";
import type { TrialAnswer, TrialQuestion } from "../../src/provision/zone-trial/trial-messages.ts";
import { createPlaybackDesk } from "../../src/video/playback-desk.ts";
import { createSegmentIndexDouble } from "./recordings-double.ts";
import { createMovementDouble } from "./stores-double.ts";

/** The program that looks, played by the test. */
export interface PlayedProgram {
  readonly questions: TrialQuestion[];
  isRunning: boolean;
  answer(answer: TrialAnswer): void;
  /** It ends by itself, as after a crash. */
  crash(): void;
}

/** A program that really looks. */
export interface RealProgram {
  readonly startProgram: StartOwnProgram;
  readonly program: URL;
  readonly model?: ModelSetting | undefined;
  readonly niceness: number;
}

/** The real desk over an index in memory, with programs that the test plays unless there is a real one. */
export function createZoneTrialsRig(
  clock: Clock,
  zones: Pick<ZoneDesk, "preview" | "zonesOf">,
  rules: readonly Rule[] = [],
  real?: RealProgram,
  lines: Pick<ShapeDesk<LineDrawing>, "of"> = { of: () => [] },
) {
  const segments = createSegmentIndexDouble();
  const movement = createMovementDouble();
  const programs: PlayedProgram[] = [];

  function startProgram(): OwnProgram {
    const questions: TrialQuestion[] = [];
    const listeners: ((message: unknown) => void)[] = [];
    let end = (_: ProgramEnd): void => {};
    const ended = new Promise<ProgramEnd>((resolve) => {
      end = resolve;
    });
    const over = (signal: string): void => {
      played.isRunning = false;
      end({ code: null, signal, lastWords: "" });
    };
    const played: PlayedProgram = {
      questions,
      isRunning: true,
      answer: (answer) => {
        for (const listener of listeners) listener(answer);
      },
      crash: () => over("SIGSEGV"),
    };
    programs.push(played);
    return {
      send: (question) => void questions.push(question as TrialQuestion),
      onMessage: (listener) => void listeners.push(listener),
      ended,
      kill: () => over("SIGKILL"),
    };
  }

  let ids = 0;
  const desk = createTrialDesk(
    {
      zones,
      lines,
      replay: createPlaybackDesk({ segments, cameras: ["pond-east"], clock, log: silentLogger }),
      segments,
      movement,
      startProgram: real?.startProgram ?? startProgram,
      program: real?.program ?? new URL("file:///zone-trial-program.js"),
      clock,
      newId: () => `trial-${++ids}`,
      log: silentLogger,
    },
    {
      site: { timezone: "Asia/Shanghai" },
      rules: () => rules,
      model: real?.model,
      niceness: real?.niceness ?? 19,
    },
  );
  return { desk, segments, movement, programs };
}

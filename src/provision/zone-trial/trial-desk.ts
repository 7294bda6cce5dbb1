import type { ModelSetting } from "../../core/detector.ts";
import { errorMessage, GatewayError } from "../../core/errors.ts";
import type { Replay } from "../../core/footage.ts";
import { lineFault } from "../../core/line-fault.ts";
import type { Logger } from "../../core/log.ts";
import type { MovementIndex } from "../../core/movement.ts";
import type { OwnProgram, StartOwnProgram } from "../../core/own-program.ts";
import type { Part } from "../../core/part.ts";
import type { RecordedSpan, SegmentIndex } from "../../core/recordings.ts";
import type { LineDrawing, ShapeDesk } from "../../core/shapes.ts";
import type { Line, Rule, Site } from "../../core/site.ts";
import type { Clock, Timer } from "../../core/time.ts";
import type {
  TrialSubject,
  Tried,
  ZoneTrialDesk,
  ZoneTrialOrder,
  ZoneTrialPlan,
  ZoneTrialState,
} from "../../core/zone-trial.ts";
import type { ZoneDesk } from "../../core/zones.ts";
import type { TrialAnswer, TrialQuestion } from "./trial-messages.ts";
import { afterMs, rulesOf, triedRules } from "./trial-rules.ts";
import { lengthMs, stretchesOf } from "./trial-stretches.ts";

const HOUR_MS = 3_600_000;
/** Nobody waits for the result any more: the page was closed. */
const UNASKED_MS = 60_000;
const SWEEP_MS = 5_000;
/** What was found is forgotten after this long: it shows people. */
const KEPT_MS = HOUR_MS;
/** More are counted and not shown: who sees these knows that the zone is wrong. */
const MOST_ALARMS = 60;
const PAGE = 1000;

export interface TrialDeskDependencies {
  readonly zones: Pick<ZoneDesk, "preview" | "zonesOf">;
  readonly lines: Pick<ShapeDesk<LineDrawing>, "of">;
  readonly replay: Pick<Replay, "spans">;
  readonly segments: Pick<SegmentIndex, "between">;
  readonly movement: MovementIndex;
  readonly startProgram: StartOwnProgram;
  /** The built program that does the work. */
  readonly program: URL;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Logger;
}

export interface TrialDeskConfig {
  readonly site: Pick<Site, "timezone" | "location">;
  /** As they are when a zone is tried: they are changed on the page. */
  readonly rules: () => readonly Rule[];
  /** Absent where movement alone is watched. */
  readonly model?: ModelSetting | undefined;
  /** Of the program, 0 to 19: see setpriority(2). */
  readonly niceness: number;
}

export interface TrialPlan extends ZoneTrialPlan {
  readonly order: ZoneTrialOrder;
  readonly question: TrialQuestion;
  readonly recordedMs: number;
}

interface Run {
  state: ZoneTrialState;
  readonly pictures: Map<number, Uint8Array>;
  readonly program: OwnProgram;
  askedMs: number;
  endedMs?: number;
}

/** One dry run after the other, each in a process of its own; what was found is held in memory. */
export function createTrialDesk(
  {
    zones,
    lines,
    replay,
    segments,
    movement,
    startProgram,
    program,
    clock,
    newId,
    log,
  }: TrialDeskDependencies,
  { site, rules, model, niceness }: TrialDeskConfig,
): ZoneTrialDesk<TrialPlan> & Part {
  let last: Run | undefined;
  let sweep: Timer | undefined;
  const nowMs = (): number => clock.now().monotonicMs;

  function change(run: Run, news: Partial<ZoneTrialState>): void {
    run.state = { ...run.state, ...news };
  }

  function end(run: Run, news: Pick<ZoneTrialState, "status" | "failure">): void {
    if (run.state.status !== "running") return;
    change(run, news);
    run.endedMs = nowMs();
    run.program.kill();
  }

  function onAnswer(run: Run, answer: TrialAnswer): void {
    if (run.state.status !== "running") return;
    switch (answer.kind) {
      case "began":
        change(run, { detector: answer.detector });
        return;
      case "progress":
        change(run, { lookedAtSeconds: answer.lookedAtSeconds, seen: answer.seen });
        return;
      case "alarm": {
        const number = run.state.alarmCount + 1;
        change(run, { alarmCount: number });
        if (number > MOST_ALARMS) return;
        const { alarm, picture } = answer;
        if (picture) run.pictures.set(number, picture);
        const hasPicture = picture !== undefined;
        change(run, { alarms: [...run.state.alarms, { ...alarm, number, hasPicture }] });
        return;
      }
      case "done":
        end(run, { status: "done" });
        return;
      case "failed":
        log.warn({ code: answer.code, error: answer.message }, "a dry run failed");
        end(run, { status: "failed", failure: answer.code });
    }
  }

  /** The camera's zones and lines, with the tried one as it is drawn. */
  function sceneOf(order: ZoneTrialOrder): Pick<TrialQuestion, "zones" | "lines"> {
    const { camera } = order;
    const outlined =
      "zone" in order ? zones.preview(camera, order.zone, order.drawing) : zones.zonesOf(camera);
    const others = lines.of(camera).filter(({ id }) => !("line" in order) || id !== order.line);
    return {
      zones: outlined.map(({ id, polygon }) => ({ id, polygon })),
      lines: "line" in order ? [...others, lineTried(order)] : others,
    };
  }

  async function movedIn(camera: string, fromMs: number, toMs: number): Promise<RecordedSpan[]> {
    const moved: RecordedSpan[] = [];
    let after: string | undefined;
    do {
      const found = await movement.find({ camera, fromMs, toMs, order: "oldest", limit: PAGE, after });
      moved.push(...found.spans);
      after = found.next;
    } while (after !== undefined);
    return moved;
  }

  function refuseWhileBusy({ by }: ZoneTrialOrder): void {
    if (last?.state.status !== "running" || last.state.by === by.name) return;
    throw new GatewayError(`${last.state.by} tries a zone just now`, {
      code: "trial.busy",
      kind: "transient",
    });
  }

  function find(camera: string, id: string): Run | undefined {
    const run = last;
    return run?.state.id === id && run.state.camera === camera ? run : undefined;
  }

  function look(): void {
    sweep = clock.after(SWEEP_MS, look);
    const run = last;
    if (!run) return;
    if (nowMs() - run.askedMs > UNASKED_MS) end(run, { status: "stopped" });
    if (run.endedMs !== undefined && nowMs() - run.endedMs > KEPT_MS) last = undefined;
  }

  return {
    name: "zone-trials",
    async weigh(order) {
      const { camera } = order;
      const scene = sceneOf(order);
      refuseWhileBusy(order);
      const toMs = Math.round(clock.now().wallMs);
      const fromMs = toMs - HOUR_MS;
      const recorded = await replay.spans(camera, fromMs, toMs);
      if (recorded.length === 0) {
        throw new GatewayError(`nothing of camera ${camera} is recorded in the last hour`, {
          code: "recordings.none",
          kind: "permanent",
        });
      }
      const tried = triedRules(rules(), triedOf(order));
      const moved = await movedIn(camera, fromMs, toMs);
      const files = await segments.between(camera, fromMs, toMs);
      return {
        order,
        fromMs,
        toMs,
        recordedMs: lengthMs(recorded),
        question: {
          niceness,
          camera,
          ...scene,
          tried: triedOf(order),
          rules: tried,
          segments: files.map(({ path, startMs, endMs, clock: dated }) => ({
            path,
            startMs,
            endMs,
            clock: dated,
          })),
          stretches: stretchesOf({ recorded, moved, nowMs: toMs, afterMs: afterMs(tried) }),
          model,
          site,
        },
      };
    },
    begin({ order, question, fromMs, toMs, recordedMs }) {
      refuseWhileBusy(order);
      if (last) end(last, { status: "stopped" });
      const { by } = order;
      const run: Run = {
        state: {
          id: newId(),
          ...triedOf(order),
          ...{ by: by.name, fromMs, toMs },
          status: "running",
          recordedSeconds: recordedMs / 1000,
          stillSeconds: (recordedMs - lengthMs(question.stretches)) / 1000,
          lookedAtSeconds: 0,
          rules: rulesOf(rules(), triedOf(order)).map(({ id, name }) => ({ id, name })),
          alarmCount: 0,
          alarms: [],
          seen: { inZone: 0, longestStaySeconds: 0 },
        },
        pictures: new Map(),
        program: startProgram(program),
        askedMs: nowMs(),
      };
      last = run;
      run.program.onMessage((answer) => onAnswer(run, answer as TrialAnswer));
      void run.program.ended.then(({ lastWords }) => {
        if (run.state.status !== "running") return;
        log.warn({ error: errorMessage(lastWords) }, "the program of a dry run ended");
        end(run, { status: "failed", failure: "trial.crashed" });
      });
      run.program.send(question);
      return run.state;
    },
    find(camera, id) {
      const run = find(camera, id);
      if (run) run.askedMs = nowMs();
      return run?.state;
    },
    picture: (camera, id, number) => find(camera, id)?.pictures.get(number),
    cancel(camera, id) {
      const run = find(camera, id);
      if (run) end(run, { status: "stopped" });
      return run !== undefined;
    },
    async start() {
      look();
    },
    async stop() {
      sweep?.cancel();
      if (!last) return;
      end(last, { status: "stopped" });
      await last.program.ended;
    },
  };
}

function triedOf(order: ZoneTrialOrder): Tried {
  const { camera } = order;
  return "zone" in order ? { camera, zone: order.zone } : { camera, line: order.line };
}

/** @throws GatewayError `line.points|outside|crosses|short` (permanent). */
function lineTried({ line, drawing }: Extract<TrialSubject, { line: string }>): Line {
  const fault = lineFault(drawing.points);
  if (!fault) return { ...drawing, id: line };
  throw new GatewayError(`The line: ${fault}`, { code: `line.${fault}`, kind: "permanent" });
}

// desk/: the township's desk over many boxes: how each of them is, one queue of alarms, and what people here do with them. It stands
// at the edge, like panel/ and provision/. It may import core/ and zod; how boxes are reached, pulled and kept is handed in, and the
// panel serves it. `cunshao township` runs it, the gateway does not.
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { BoxView, PullRun } from "../core/pull-view.ts";
import type { FileShelf, LedgerAccount, PulledCopy } from "../core/pulled-copy.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type {
  BoxDoor,
  ContestedBox,
  DeskAlarm,
  DeskState,
  TownshipBook,
  TownshipDesk,
} from "../core/township-desk.ts";
import { NO_ACTS } from "./alarm-acts.ts";
import { createAlarmReader, readAlarms } from "./alarm-reader.ts";
import type { DeskCursor } from "./desk-cursor.ts";
import { tapCopy } from "./event-tap.ts";
import { createKeptActs, type KeptActs } from "./kept-acts.ts";
import { createLastingPull } from "./lasting-pull.ts";
import { createOtherDesks } from "./other-desks.ts";
import { queueOf } from "./queue.ts";
import { createSeenBox, type SeenBox } from "./seen-box.ts";

/** Changes within this time are told as one. */
const GATHER_MS = 100;

export interface DeskVillageConfig {
  readonly id: string;
  readonly name: string;
  readonly location?: readonly [number, number] | undefined;
  readonly reach: "direct" | "reverse";
}

export interface DeskDependencies {
  readonly copy: PulledCopy;
  readonly book: TownshipBook;
  readonly cursor: DeskCursor;
  /** Begins to pull into this copy. */
  readonly openPull: (copy: PulledCopy) => PullRun;
  /** How a box is asked, whether it is there or not. */
  readonly doorTo: (box: string) => BoxDoor;
  /** The channels that boxes open. */
  readonly channels: {
    isOpen(box: string): boolean;
    contested(box: string): ContestedBox | undefined;
    readonly changes: Signal<string>;
  };
  /** For what has happened already and nobody waits to see recorded. */
  readonly record: (draft: EventDraft) => void;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface DeskConfig {
  readonly desk: { readonly id: string; readonly name: string; readonly timezone: string };
  readonly version: string;
  readonly boxes: readonly DeskVillageConfig[];
  /** What the files and the events of one box may take here. */
  readonly mostFileBytes: number;
  readonly mostEventBytes: number;
}

export interface RunningDesk extends TownshipDesk, Part {
  /** Calls when nothing can be pulled any more: the copy cannot be written, and not for want of room. */
  readonly broken: Signal<unknown>;
}

export function createTownshipDesk(dependencies: DeskDependencies, config: DeskConfig): RunningDesk {
  const { copy, book, cursor, openPull, doorTo, channels, record, clock, log } = dependencies;
  const changed = createSignal<void>();
  const broken = createSignal<unknown>();
  const boxes = new Map<string, SeenBox>();
  const shelves = new Map<string, FileShelf>();
  const stopping = new AbortController();
  const reader = createAlarmReader({
    async read(id) {
      const ofBox = await copy.open(id);
      return readAlarms(ofBox).finally(() => ofBox.close());
    },
    onRead(id, trace) {
      boxOf(id).read(trace);
      touch();
    },
    ...{ clock, log },
  });
  const otherDesks = createOtherDesks({
    ...{ cursor, clock, log, onChange: touch },
    boxes: config.boxes.map(({ id }) => id),
    door: openDoor,
  });
  const pull = createLastingPull({
    open: () => openPull(tapCopy(copy, onEvents)),
    ...{ onView, onChange: touch, clock, log },
  });
  let acts: KeptActs | undefined;
  let gathering: Timer | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopListening: readonly (() => void)[] = [];

  function touch(): void {
    gathering ??= clock.after(GATHER_MS, () => {
      gathering = undefined;
      changed.emit();
    });
  }

  function boxOf(id: string): SeenBox {
    const box = boxes.get(id);
    if (box) return box;
    throw new GatewayError(`There is no village ${id} here`, { code: "desk.box_unknown", kind: "permanent" });
  }

  function begunActs(): KeptActs {
    if (acts) return acts;
    throw new GatewayError("The desk is starting", { code: "desk.starting", kind: "transient" });
  }

  /** What is only good to know: without it the desk goes on. */
  function writeDown(box: string, written: Promise<void>): void {
    written.catch((error: unknown) => {
      log.warn({ box, code: errorCode(error) }, "what a box told of itself is not written down");
    });
  }

  function openDoor(id: string): BoxDoor | undefined {
    return boxes.get(id)?.isHere() ? doorTo(id) : undefined;
  }

  function onView(view: BoxView): void {
    const box = boxes.get(view.box);
    if (!box) return;
    const wasHere = box.isHere();
    box.pulled(view);
    if (!wasHere && box.isHere()) {
      box.look();
      void acts?.deliver(view.box);
      void otherDesks.look(view.box);
    }
    touch();
  }

  function onEvents(id: string, events: readonly LedgerEvent[], accounts: readonly LedgerAccount[]): void {
    const box = boxes.get(id);
    if (!box) return;
    // What it said ahead is not to stay in the queue.
    if (box.accounted(accounts)) reader.again(id);
    reader.came(id, events);
    box.trace.take(events);
    // Its rule and place have names that only the box knows.
    if (events.some(({ type }) => type === "org.cunshao.alarm.raised")) box.look();
    touch();
  }

  async function openBox(id: string): Promise<void> {
    const ofBox = await copy.open(id);
    try {
      shelves.set(id, ofBox.shelf);
      boxOf(id).accounted(ofBox.accounts());
      boxOf(id).read(await readAlarms(ofBox));
    } catch (error) {
      // What one box once said must not keep the desk from the others. A disk that cannot be read ends the pull.
      log.error({ box: id, code: errorCode(error) }, "its alarms cannot be read");
      boxOf(id).read(undefined);
      reader.again(id);
    } finally {
      await ofBox.close();
    }
  }

  function alarms(): readonly DeskAlarm[] {
    const done = acts?.list() ?? NO_ACTS;
    return queueOf([...boxes.values()].map((box) => box.alarms(done)));
  }

  function state(): DeskState {
    const done = acts?.list() ?? NO_ACTS;
    return {
      desk: config.desk,
      version: config.version,
      now: isoTime(clock.now().wallMs),
      boxes: [...boxes.values()].map((box) => box.view(done)),
      alarms: alarms(),
      otherDeskAt: otherDesks.seenAt(),
      isFull: pull.isFull(),
    };
  }

  return {
    name: "township desk",
    broken,
    state,
    onChange: (listener) => changed.on(listener),
    async act(act, gone) {
      boxOf(act.box);
      return begunActs().submit(act, gone);
    },
    async takeBack(which) {
      boxOf(which.box);
      return begunActs().takeBack(which);
    },
    door(id) {
      const box = boxOf(id);
      const fault = box.fault();
      if (fault !== undefined) {
        throw new GatewayError(`Nothing of ${id} is shown: ${fault}`, {
          code: "desk.box_refused",
          kind: "permanent",
        });
      }
      if (!box.isHere()) {
        throw new GatewayError(`${id} cannot be reached`, { code: "desk.box_away", kind: "transient" });
      }
      return doorTo(id);
    },
    async file(box, id) {
      boxOf(box);
      return shelves.get(box)?.find(id);
    },
    async start() {
      const [heard, names] = [await book.lastHeard(), await book.names()];
      for (const village of config.boxes) {
        boxes.set(
          village.id,
          createSeenBox(
            {
              clock,
              door: () => (boxes.get(village.id)?.isHere() ? doorTo(village.id) : undefined),
              contested: () => channels.contested(village.id),
              onHeard: (at) => writeDown(village.id, book.heard(village.id, at)),
              onRenamed: (names) => writeDown(village.id, book.rename(village.id, names)),
              onChange: touch,
            },
            {
              ...village,
              lastHeardAt: heard.get(village.id),
              names: names.get(village.id),
              mostFileBytes: config.mostFileBytes,
              mostEventBytes: config.mostEventBytes,
            },
          ),
        );
        await openBox(village.id);
      }
      acts = createKeptActs(
        {
          ...dependencies,
          door: openDoor,
          onChange: touch,
          isOfLostLedger: (box, alarm) => boxes.get(box)?.isOfLostLedger(alarm) === true,
          onRefused: ({ box, alarm, kind, person }, code) =>
            record({
              type: "org.cunshao.desk.act_refused",
              class: "audit",
              subject: alarm,
              data: { box, kind, person, reason: code },
            }),
        },
        { kept: await book.keptActs(), own: await book.ownActs(), refused: await book.refusedActs() },
      );
      otherDesks.start();
      stopListening = [
        channels.changes.on((box) => {
          if (channels.isOpen(box)) pull.wake(box);
          touch();
        }),
      ];
      running = pull.run(stopping.signal).catch((error: unknown) => {
        log.error({ code: errorCode(error) }, "nothing can be pulled any more");
        broken.emit(error);
      });
    },
    async stop() {
      stopping.abort();
      otherDesks.stop();
      acts?.stop();
      reader.stop();
      await running;
      for (const stop of stopListening) stop();
      for (const box of boxes.values()) box.stop();
      gathering?.cancel();
    },
  };
}

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Fleet, startFleet } from "../../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import { type CopyOptions, openPulledCopy } from "../../../src/buffer/copies/pulled-copy.ts";
import { COPY_MIGRATIONS } from "../../../src/buffer/copies/sqlite-tables.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import type { LedgerEvent } from "../../../src/core/event.ts";
import type { PullRun } from "../../../src/core/pull-view.ts";
import { type Clock, sleepOn, systemClock } from "../../../src/core/time.ts";
import { chosenCursor } from "../../../src/pull/cursor-telling.ts";
import { createPuller, type PullerConfig } from "../../../src/pull/puller.ts";

/** Real time in which only waits between attempts are short. */
export const hasty: Clock = {
  ...systemClock,
  sleep: (delayMs, signal) => sleepOn(systemClock.after, Math.min(delayMs, 5), signal),
};

export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-pull-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function makeFleet(...ids: string[]): Promise<{ boxes: VirtualBox[]; fleet: Fleet }> {
  const boxes = ids.map((id) => createVirtualBox(id, `token-${id}`));
  const fleet = await startFleet(boxes);
  onTestFinished(() => fleet.close());
  return { boxes, fleet };
}

export function fill(box: VirtualBox, count: number): void {
  for (let index = 0; index < count; index++) {
    const isAlarm = index % 10 === 9;
    box.append({
      type: isAlarm ? "org.cunshao.alarm.raised" : "org.cunshao.camera.changed",
      class: isAlarm ? "alarm" : "state",
      data: { index, words: "东塘有人靠近" },
    });
  }
}

export interface Run {
  readonly puller: PullRun;
  readonly done: Promise<void>;
  stop(): void;
}

/** One run of a puller on a folder; the copy is closed when it is over. */
export async function startPull(
  folder: string,
  { boxes, fleet }: { boxes: readonly VirtualBox[]; fleet: Fleet },
  {
    format = "ndjson",
    clock = hasty,
    random = Math.random,
    ...config
  }: Partial<PullerConfig> & {
    format?: CopyOptions["format"];
    clock?: Clock;
    random?: () => number;
  } = {},
): Promise<Run> {
  let made = 0;
  const copy = await openPulledCopy({
    folder,
    format,
    newHolder: () => `copy-${folder.slice(-6)}-${made++}`,
  });
  const puller = createPuller(
    { copy, cursor: chosenCursor("township", copy.holder), clock, random },
    {
      boxes: boxes.map(({ id, token }) => ({ id, token, url: fleet.url(id) })),
      atOnce: 4,
      takeOver: false,
      withFiles: true,
      follow: false,
      tries: 5,
      ...config,
    },
  );
  const stop = new AbortController();
  const done = puller.run(stop.signal).finally(() => copy.close());
  return { puller, done, stop: () => stop.abort() };
}

export async function pull(...args: Parameters<typeof startPull>): Promise<PullRun> {
  const { puller, done } = await startPull(...args);
  await done;
  return puller;
}

/** Events of a copy, in the order in which they stand there. */
export async function copied(
  folder: string,
  box: string,
  format: "ndjson" | "sqlite" = "ndjson",
): Promise<LedgerEvent[]> {
  if (format === "sqlite") {
    const database = await openDatabase(join(folder, "pulled.sqlite"), { migrations: COPY_MIGRATIONS });
    const rows = await database.all<{ event: string }>(
      "SELECT event FROM events WHERE box = ? ORDER BY ledger, seq",
      [box],
    );
    await database.close();
    return rows.map(({ event }) => JSON.parse(event) as LedgerEvent);
  }
  const names = (await readdir(join(folder, box))).filter((name) => /^[^.]+\.ndjson$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, box, name), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as LedgerEvent),
  );
}

/** In one text: comparing thousands of events member by member takes seconds. */
export function hashes(events: readonly LedgerEvent[]): string {
  return events.map(({ seq, hash, data }) => `${seq} ${hash} ${JSON.stringify(data)}`).join("\n");
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { BufferOptions, Buffer as VillageBuffer } from "../../../src/buffer/buffer.ts";
import { openBuffer } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import type { Database } from "../../../src/buffer/sql.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";

/** A folder that is gone after the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-buffer-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A fresh database that is closed after the test. */
export async function scratchDatabase(folder?: string): Promise<Database> {
  const database = await openDatabase(join(folder ?? (await scratchFolder()), "test.sqlite"));
  onTestFinished(() => database.close());
  return database;
}

/** A buffer in `folder` (else a fresh one), closed after the test. */
export async function scratchBuffer(options: Partial<BufferOptions> = {}): Promise<VillageBuffer> {
  const buffer = await openBuffer({
    dataFolder: options.dataFolder ?? (await scratchFolder()),
    siteId: "longwan",
    bootId: "boot-1",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
    ...options,
  });
  onTestFinished(() => buffer.close());
  return buffer;
}

export function draft(overrides: Partial<EventDraft> = {}): EventDraft {
  return { type: "org.cunshao.test", class: "state", data: {}, ...overrides };
}

/** A promise settled from outside. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

import { errorCode, errorMessage } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";
import { createBoxClient } from "./box-client.ts";
import type { PulledBox } from "./puller.ts";

/** How far behind a puller is at one box, by the box's own word. */
export interface Standing {
  readonly box: string;
  readonly ledger?: string | undefined;
  readonly head?: number | undefined;
  /** Up to where it was pulled; absent: never under this name. */
  readonly seq?: number | undefined;
  /** When it was pulled last, by the box's clock. */
  readonly at?: string | undefined;
  readonly waitingEvents?: number | undefined;
  readonly waitingAlarms?: number | undefined;
  /** Why the box did not say. */
  readonly reason?: string | undefined;
  readonly detail?: string | undefined;
}

/** Asks every box, most behind first; those that did not answer before them. */
export async function askStandings(
  { clock }: { clock: Clock },
  { boxes, cursor, atOnce }: { boxes: readonly PulledBox[]; cursor: string; atOnce: number },
  signal: AbortSignal,
): Promise<Standing[]> {
  const turns = createTurns(atOnce);
  const standings = await Promise.all(
    boxes.map((box) =>
      turns.take(async (): Promise<Standing> => {
        const client = createBoxClient({ clock }, box);
        try {
          const { ledger, head, cursor: known } = await client.head(cursor, signal);
          return {
            box: box.id,
            ledger,
            head,
            seq: known?.seq,
            at: known?.at,
            waitingEvents: known ? known.waiting?.events : head,
            waitingAlarms: known?.waiting?.alarms,
          };
        } catch (error) {
          return { box: box.id, reason: errorCode(error), detail: errorMessage(error) };
        } finally {
          client.close();
        }
      }),
    ),
  );
  const weight = ({ reason, waitingEvents }: Standing): number =>
    reason === undefined ? (waitingEvents ?? 0) : Number.POSITIVE_INFINITY;
  return standings.sort((a, b) => (weight(a) === weight(b) ? 0 : weight(b) - weight(a)));
}

export function standingText(standings: readonly Standing[], nowMs: number): string {
  const rows = standings.map(({ box, waitingEvents, waitingAlarms, at, detail }) => [
    box,
    detail === undefined ? String(waitingEvents ?? "?") : "?",
    detail === undefined ? String(waitingAlarms ?? "?") : "?",
    at === undefined ? "never" : ago(nowMs - Date.parse(at)),
    detail ?? "",
  ]);
  const all = [["box", "events behind", "alarms", "pulled", ""], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return `${all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}

function ago(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h ago` : `${Math.round(hours / 24)} days ago`;
}

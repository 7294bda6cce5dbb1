import { z } from "zod";
import {
  type MonthlySheet,
  OUTAGE_KINDS,
  OUTCOMES,
  type OutageKind,
  SETTLED_AFTER_DAYS,
  VOICES,
} from "../../core/monthly-sheet.ts";
import { createTurns } from "../../core/turns.ts";
import type { VillageState } from "../../core/village.ts";
import { placeOf } from "../alarm-views.ts";
import type { Routes } from "../context.ts";
import { createMonthCount } from "../monthly/month-count.ts";
import { monthSpan } from "../monthly/month-span.ts";
import { monthlyTable } from "../monthly/monthly-table.ts";
import { refusal } from "../problems.ts";

/** What fits two sheets of A4 beside the figures. */
const ON_PAPER = { alarms: 40, outages: 20 };
/** A village raises far fewer in a month. */
const IN_TABLE = { alarms: 20_000, outages: 5_000 };
const DAY_MS = 86_400_000;

const Month = z.object({
  month: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, "a month like 2026-11")
    .describe("Of the village's clock, as 2026-11"),
});

const Counts = z.object({ alarms: z.number(), dissuaded: z.number(), false: z.number() });
const Severity = z.enum(["notice", "warning", "danger", "emergency"]);
const Out = z.object({ count: z.number(), seconds: z.number() });

const SheetBody = z.object({
  month: z.string(),
  from: z.string(),
  until: z.string().describe("Not within"),
  countedUntil: z.string(),
  isSettled: z.boolean().describe(`${SETTLED_AFTER_DAYS} days after the month nothing changes it any more`),
  total: Counts.extend({
    outcomes: z.record(z.enum(OUTCOMES), z.number()),
    severities: z.record(Severity, z.number()),
    dissuadedHeard: z.number().describe("Of those who were turned back, so many heard the horn for certain"),
  }),
  voice: z
    .object({ sounded: z.number(), heard: z.number(), silent: z.number(), failed: z.number() })
    .describe("What the box said by itself, once for each horn"),
  places: z.array(Counts.extend({ place: z.string() })).readonly(),
  days: z.array(Counts).readonly().describe("One for each day of the month"),
  alarms: z
    .array(
      z.object({
        seq: z.number(),
        at: z.string(),
        isTimeSure: z.boolean(),
        name: z.string(),
        place: z.string(),
        severity: Severity,
        voice: z.enum(VOICES),
        outcome: z.enum(OUTCOMES),
        by: z.string().optional(),
      }),
    )
    .readonly()
    .describe("In order of time; of too many the graver ones"),
  alarmsLeftOut: z.number(),
  outages: z.object({
    of: z.record(z.enum(OUTAGE_KINDS), Out),
    list: z
      .array(
        z.object({
          kind: z.enum(OUTAGE_KINDS),
          name: z.string(),
          why: z.string(),
          from: z.string(),
          until: z.string(),
          beganBefore: z.boolean(),
          isOpen: z.boolean(),
        }),
      )
      .readonly(),
    leftOut: z.number(),
  }),
  pauses: z.object({ count: z.number(), withheld: z.number() }),
  gaps: z.object({
    evicted: z.number().describe("Events of the month that were let go for want of room: counted nowhere"),
    anew: z.number().describe("How often a damaged ledger was replaced"),
    unsure: z.number().describe("Alarms whose time is not sure"),
    firstAt: z.string().optional().describe("Of the first event, where nothing is known of before"),
  }),
});

/** `GET /monthly-sheet` and `/monthly-sheet/export.csv`: a month of the village, counted from its ledger when somebody asks. */
export const monthlySheetRoutes: Routes = (app, context) => {
  const { village, monthEvents, ledger, outbox, clockBook, clock, audit } = context;
  // Each reads through a month: many who ask at once take turns, as alarms go on being written beside them.
  const turns = createTurns(1);

  async function countMonth(month: string, most: typeof ON_PAPER): Promise<MonthlySheet> {
    const state = village.state();
    const span = monthSpan(month, state.site.timezone);
    const nowMs = clock.now().wallMs;
    const fromMs = span.dayStartsMs[0] ?? 0;
    if (fromMs > nowMs) throw refusal("request.invalid", "This month has not begun");
    const count = createMonthCount({
      ...{ span, nowMs, most },
      corrections: clockBook.corrections(),
      namesOf: (rule) => {
        const { name, place } = placeOf(state, { rule });
        return { name, place };
      },
      outageName: (kind, id) => nameIn(state, kind, id),
    });
    const head = ledger.head;
    for await (const events of monthEvents.between(fromMs, span.untilMs + SETTLED_AFTER_DAYS * DAY_MS)) {
      for (const event of events) count.add(event);
    }
    const range = count.range(head);
    const gone = [...(await outbox.absent("alarm", range)), ...(await outbox.absent("state", range))];
    return count.sheet(gone.reduce((sum, { first, last }) => sum + last - first + 1, 0));
  }

  app.route({
    method: "GET",
    url: "/monthly-sheet",
    config: { needs: "handle" },
    schema: {
      summary: "A month of the village for paper: alarms, who was turned back, false alarms, outages, gaps",
      querystring: Month,
      response: { 200: SheetBody },
    },
    handler: async (request, reply) => {
      const sheet = await turns.take(() => countMonth(request.query.month, ON_PAPER));
      reply.header("cache-control", "no-store");
      return sheet;
    },
  });

  app.route({
    method: "GET",
    url: "/monthly-sheet/export.csv",
    config: { needs: "export" },
    schema: { summary: "The same as a table for a spreadsheet, with every alarm", querystring: Month },
    handler: async (request, reply) => {
      const { month } = request.query;
      const sheet = await turns.take(() => countMonth(month, IN_TABLE));
      const { from, until, total } = sheet;
      await audit.record(request, {
        type: "org.cunshao.alarms.exported",
        data: { from, until, alarms: total.alarms },
      });
      const { name, timezone } = village.state().site;
      reply.headers({
        "cache-control": "private, no-store",
        "content-disposition": `attachment; filename="month-${month}.csv"; filename*=UTF-8''${encodeURIComponent(`${name}月报-${month}.csv`)}`,
      });
      return reply.type("text/csv; charset=utf-8").send(monthlyTable(sheet, name, timezone));
    },
  });
};

/** What people call a device; one that was since taken out of the configuration has left only its id. */
function nameIn({ cameras, sensors, speakers }: VillageState, kind: OutageKind, id: string): string {
  switch (kind) {
    case "camera":
      return cameras.find((one) => one.id === id)?.name ?? id;
    case "sensor":
      return sensors.find((one) => one.id === id)?.name ?? id;
    case "speaker":
      return speakers.find((one) => one.speaker === id)?.name ?? id;
    case "line":
    case "box":
    case "supply":
      return id;
  }
}

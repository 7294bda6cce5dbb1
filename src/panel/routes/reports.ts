import { z } from "zod";
import { LONGEST_REPORT_TEXT, MOST_REPORT_PHOTOS } from "../../core/report.ts";
import type { Routes } from "../context.ts";
import { fileIn, takeFiles } from "../file-bodies.ts";
import { identityOf } from "../sessions.ts";
import { writing } from "./writing.ts";

const Report = z.object({
  id: z.string().min(1).max(128),
  report: z
    .string()
    .regex(/^[A-Za-z0-9-]{8,64}$/)
    .describe("Made by who reports; the same again is the same report"),
});
const Photo = Report.extend({
  number: z.coerce
    .number()
    .int()
    .min(0)
    .max(MOST_REPORT_PHOTOS - 1),
});

const Place = z.object({
  latitude: z.number().min(-90).max(90).describe("Degrees of WGS 84, as the telephone says it"),
  longitude: z.number().min(-180).max(180),
  accuracyMeters: z.number().min(0).max(1e6).describe("With 95 % it is no farther off"),
});

const Words = z
  .object({
    text: writing(LONGEST_REPORT_TEXT).optional(),
    place: Place.optional(),
    photos: z.number().int().min(0).max(MOST_REPORT_PHOTOS).default(0).describe("So many are to come"),
    hasVoice: z.boolean().default(false).describe("One is to come"),
  })
  .refine(
    ({ text, place, photos, hasVoice }) => text !== undefined || place || photos > 0 || hasVoice,
    "a report says or shows something",
  );

const FileBody = z.object({
  kind: z.enum(["photo", "voice"]),
  number: z.number(),
  sha256: z.string().optional().describe("`GET /evidence/<sha256>`; absent once it was let go for its age"),
  sentSha256: z.string().describe("Of what was sent, which is made anew and not kept itself"),
  durationMs: z.number().optional().describe("Of a voice"),
});

export const ReportBody = z.object({
  id: z.string(),
  at: z.string(),
  by: z.string(),
  text: z.string().optional(),
  place: Place.optional(),
  photos: z.number().describe("So many were announced"),
  hasVoice: z.boolean(),
  files: z.array(FileBody).readonly().describe("Those that have come"),
});

/** `PUT /alarms/<id>/reports/<report>` and the files after it: what somebody tells of an alarm from the spot. */
export const reportRoutes: Routes = (app, { reports }) => {
  app.route({
    method: "PUT",
    url: "/alarms/:id/reports/:report",
    config: { needs: "handle" },
    schema: {
      summary: "Report from the spot: words and place at once, pictures and a voice after them",
      params: Report,
      body: Words,
      response: { 200: ReportBody },
    },
    handler: async (request) => {
      const { id, report } = request.params;
      return reports.tell(id, { id: report, ...request.body }, identityOf(request).by);
    },
  });

  takeFiles(app, (uploads) => {
    uploads.route({
      method: "PUT",
      url: "/alarms/:id/reports/:report/photos/:number",
      config: { needs: "handle" },
      schema: {
        summary: "A picture of a report: the body is a JPEG of at most 12 megapixels and 8 MB",
        params: Photo,
        response: { 200: FileBody },
      },
      handler: async (request) => {
        const { id, report, number } = request.params;
        const file = { kind: "photo", number } as const;
        return reports.attach(id, report, file, fileIn(request), identityOf(request).by);
      },
    });
    uploads.route({
      method: "PUT",
      url: "/alarms/:id/reports/:report/voice",
      config: { needs: "handle" },
      schema: {
        summary: "The voice of a report: the body is WebM, OGG or MP4 with sound, at most 60 s and 8 MB",
        params: Report,
        response: { 200: FileBody },
      },
      handler: async (request) => {
        const { id, report } = request.params;
        const file = { kind: "voice", number: 0 } as const;
        return reports.attach(id, report, file, fileIn(request), identityOf(request).by);
      },
    });
  });
};

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CameraRecord, type CameraRecordStore, isCameraFault } from "../core/camera-health.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, writeDurably } from "./durable-files.ts";

/** Four looks of a camera are about 40 kB; more was not written by this. */
const MAX_BYTES = 256 * 1024;

/** Keeps one small JSON file a camera in `folder`: what its place looks like, and its open fault. */
export function createCameraRecords({ folder, log }: { folder: string; log: Logger }): CameraRecordStore {
  const pathOf = (camera: string): string => join(folder, `${camera}.json`);
  return {
    async load(camera) {
      try {
        const text = await readFile(pathOf(camera), "utf8");
        const record = text.length <= MAX_BYTES ? recordIn(JSON.parse(text)) : undefined;
        if (!record) log.warn({ camera }, "what was known of a camera cannot be used; it is learnt anew");
        return record;
      } catch (error) {
        if (errorCode(error) !== "ENOENT") {
          log.warn(
            { camera, error: String(error) },
            "what was known of a camera cannot be read; it is learnt anew",
          );
        }
        return undefined;
      }
    },
    async save(camera, record) {
      const draft = `${pathOf(camera)}.draft`;
      try {
        await makeFolder(folder);
        await rm(draft, { force: true });
        await writeDurably(draft, pathOf(camera), Buffer.from(JSON.stringify(record)));
      } catch (error) {
        throw fileError("references", error);
      }
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const isNumberOrNull = (value: unknown): value is number | null =>
  value === null || (typeof value === "number" && Number.isFinite(value));

function recordIn(value: unknown): CameraRecord | undefined {
  if (!isRecord(value)) return undefined;
  const memory = memoryIn(value["memory"]);
  const fault = faultIn(value["fault"]);
  return { ...(memory && { memory }), ...(fault && { fault }) };
}

function memoryIn(value: unknown): CameraRecord["memory"] {
  if (!isRecord(value) || !Array.isArray(value["looks"]) || !isNumberOrNull(value["usualChange"]))
    return undefined;
  const looks = value["looks"].flatMap((look: unknown) => {
    if (!isRecord(look)) return [];
    const { planes, blockLuma, sharpness } = look;
    if (typeof planes !== "string" || typeof blockLuma !== "string" || !isNumberOrNull(sharpness)) return [];
    return [{ planes, blockLuma, sharpness }];
  });
  return { looks, usualChange: value["usualChange"] };
}

function faultIn(value: unknown): CameraRecord["fault"] {
  if (!isRecord(value) || !isCameraFault(value["fault"]) || typeof value["since"] !== "string")
    return undefined;
  return Number.isNaN(Date.parse(value["since"]))
    ? undefined
    : { fault: value["fault"], since: value["since"] };
}

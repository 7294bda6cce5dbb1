import { onTestFinished } from "vitest";
import { createFootageRig } from "../../support/footage-double.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer } from "./panel-fixture.ts";

export const HOUR_MS = 3_600_000;
export const REASON = "村东头丢了孩子";

/** A panel over the real desks of recordings, whose index is in memory and whose files are real. */
export async function rig() {
  const clock = createSteppedClock();
  const startMs = clock.now().wallMs - HOUR_MS;
  const footage = await createFootageRig(clock);
  const server = await makeServer(clock, {}, { footage });
  onTestFinished(() => server.app.close());
  const at = (seconds: number) => new Date(startMs + seconds * 1000).toISOString();
  const ask = (
    method: "GET" | "POST" | "DELETE" | "HEAD",
    url: string,
    payload?: object,
    headers: object = bearer,
  ) =>
    server.app.inject({ method, url: `/api/v1${url}`, headers: { ...headers }, ...(payload && { payload }) });
  const view = async (from: number, to: number, headers?: object) => {
    const body = { camera: "pond-east", from: at(from), to: at(to), reason: REASON };
    return (await ask("POST", "/viewings", body, headers)).json<{ id: string }>().id;
  };
  const playUrl = (viewing: string, from: number) =>
    `/cameras/pond-east/recordings.mp4?viewing=${viewing}&from=${at(from)}`;
  return { ...footage, ...server, clock, startMs, at, ask, view, playUrl };
}

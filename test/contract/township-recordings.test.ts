import { expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { BOX_TOKEN, startDeskOfOne } from "../support/desk-of-one.ts";
import { createFootageRig } from "../support/footage-double.ts";

const RECORDED_MS = Math.floor(systemClock.now().wallMs / 1000) * 1000 - 600_000;
const at = (seconds: number): string => new Date(RECORDED_MS + seconds * 1000).toISOString();
const WHY = { camera: "pond-east", from: at(0), to: at(600), reason: "核实报警" };

test.each(["direct", "reverse"] as const)(
  "a recording of a village tells its true times at the desk as at the village, by the road %s",
  async (reach) => {
    const footage = await createFootageRig(systemClock);
    footage.segments.record({ startMs: RECORDED_MS, seconds: 4, clock: "unsynced" });
    const desk = await startDeskOfOne(reach, { footage });
    await desk.here();

    async function told(prefix: string, as: Record<string, string>): Promise<Record<string, unknown>> {
      const viewing = await fetch(`${prefix}/viewings`, {
        method: "POST",
        headers: { ...as, "content-type": "application/json" },
        body: JSON.stringify(WHY),
      });
      const { id } = (await viewing.json()) as { id: string };
      const url = `${prefix}/cameras/pond-east/recordings.mp4?viewing=${id}&from=${at(2.5)}`;
      const answers = [await fetch(url, { method: "HEAD", headers: as }), await fetch(url, { headers: as })];
      const [head, whole] = answers.map(({ headers }) =>
        Object.fromEntries([...headers].filter(([name]) => name.startsWith("cunshao-"))),
      );
      expect(head).toEqual(whole);
      return { ...whole };
    }

    const straight = await told(`${desk.boxUrl}/api/v1`, { authorization: `Bearer ${BOX_TOKEN}` });
    expect(straight).toEqual({
      "cunshao-from": at(2),
      "cunshao-to": at(4),
      "cunshao-clock": "unsynced",
    });
    expect(await told(`${desk.url}/api/v1/boxes/test`, desk.headers)).toEqual(straight);
  },
);

test("what is taken along is the person's at the desk, as the village's audit has it", async () => {
  const footage = await createFootageRig(systemClock);
  footage.segments.record({ startMs: RECORDED_MS, seconds: 4 });
  const desk = await startDeskOfOne("reverse", { footage });
  await desk.here();
  const ordered = await desk.ask("POST", "/boxes/test/exports", { ...WHY, to: at(4) });
  expect(ordered.status).toBe(202);
  const { body } = await desk.ask("GET", "/boxes/test/exports");
  expect(body).toMatchObject([{ by: { name: "admin@desk" } }]);
  const [entry] = await desk.box.ledger.latest(1);
  expect(entry).toMatchObject({ type: "org.cunshao.export.ordered", data: { by: body[0].by } });
});

import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import type { TypedSensor } from "../../../src/core/set-up.ts";
import { systemClock } from "../../../src/core/time.ts";
import { makeServer, PASSWORD_HASH } from "./panel-fixture.ts";

const TYPED = { profile: "qdy30a", bus: "rs485", address: 3 };

async function rig(read: () => Promise<{ value: number | null; unit: string }>) {
  const asked: TypedSensor[] = [];
  const sensorTrial = {
    async read(sensor: TypedSensor) {
      asked.push(sensor);
      return read();
    },
  };
  const server = await makeServer(systemClock, {}, { sensorTrial });
  await server.accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
  await server.accounts.add({ username: "operator", passwordHash: PASSWORD_HASH, role: "operator" });
  const ask = async (payload: object, username = "installer") => {
    const headers = { cookie: await server.logIn(username) };
    return server.app.inject({ method: "POST", url: "/api/v1/set-up/reading", headers, payload });
  };
  return { ask, asked };
}

describe("a sensor that is read once as it is typed", () => {
  test.each([2.31, null])("answers whoever sets up with its value: %s", async (value) => {
    const { ask, asked } = await rig(async () => ({ value, unit: "m" }));
    expect((await ask(TYPED)).json()).toEqual({ value, unit: "m" });
    expect(asked).toEqual([TYPED]);
  });

  test.each([
    ["sensor_trial.busy", "permanent", 409],
    ["sensor_trial.other_line", "permanent", 422],
    ["modbus.timeout", "transient", 503],
  ] as const)("says why it could not be read: %s", async (code, kind, status) => {
    const { ask } = await rig(() => Promise.reject(new GatewayError("no answer", { code, kind })));
    const answer = await ask(TYPED);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test.each([{ address: 0 }, { address: 256 }, { address: 1.5 }, { bus: "" }, { more: 1 }])(
    "is asked for as it would be saved, never with %o",
    async (change) => {
      const { ask, asked } = await rig(async () => ({ value: 1, unit: "m" }));
      expect((await ask({ ...TYPED, ...change })).statusCode).toBe(400);
      expect(asked).toEqual([]);
    },
  );

  test("is for nobody who does not set up", async () => {
    const { ask, asked } = await rig(async () => ({ value: 1, unit: "m" }));
    expect((await ask(TYPED, "operator")).statusCode).toBe(403);
    expect(asked).toEqual([]);
  });
});

import { expect, onTestFinished, test } from "vitest";
import { until } from "../../support/until.ts";
import { makeServer } from "./panel-fixture.ts";

test("log-ins of many people from many places are four at once, however long the look-up before takes", async () => {
  const { app, locks } = await makeServer();
  onTestFinished(async () => app.close());
  let lookedUp = 0;
  let goOn = (): void => undefined;
  const isOver = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  locks.isKnownPlace = async () => {
    lookedUp += 1;
    await isOver;
    return false;
  };
  let answered = 0;
  const answers = Array.from({ length: 20 }, async (_, index) => {
    const answer = await app.inject({
      method: "POST",
      url: "/api/v1/session",
      remoteAddress: `10.0.${index}.9`,
      payload: { username: `somebody-${index}`, password: "no" },
    });
    answered += 1;
    return answer.json().code;
  });
  await until(() => lookedUp + answered === 20);
  goOn();
  const codes = await Promise.all(answers);
  expect(codes.filter((code) => code === "session.wrong")).toHaveLength(4);
  expect(codes.filter((code) => code === "session.busy")).toHaveLength(16);
});

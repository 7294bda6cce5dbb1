import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSubmersibleLevelSensor } from "../../hw/virtual/modbus/level-sensor.ts";
import { createRtuLine } from "../../hw/virtual/modbus/rtu-line.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, keepPicture, logInOn } from "../support/browser.ts";
import { type GatewayRig, PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";

// A technician on the spot: a probe on the line is read once, added, and looked at after the gateway has started anew with it.

interface State {
  readonly sensors: readonly { readonly name: string; readonly value: number | null }[];
}

const missing = existsSync(CHROMIUM) ? "" : ` (skipped: needs ${CHROMIUM})`;

describe.skipIf(missing !== "")(`a sensor set up on the page of the whole gateway${missing}`, () => {
  const probe = createSubmersibleLevelSensor({ unit: 3, levelMetres: 2.345 });
  let line: Awaited<ReturnType<typeof serveTcp>>;
  let rig: GatewayRig;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    line = await serveTcp(createRtuLine([probe]), { host: "127.0.0.1", port: 0 });
    const buses = [{ id: "rs485", port: `tcp://127.0.0.1:${line.port}` }];
    rig = await startRig({ cameras: [], detector: "movement", more: { buses } });
    rig.startGateway();
    await untilArmed(rig);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGUMENTS] });
    page = await browser.newPage({ locale: "zh-CN", viewport: { width: 360, height: 740 } });
    await page.goto(rig.url);
    await logInOn(page, PASSWORD);
    await goTo(page, "setup");
  });
  afterAll(async () => {
    await browser?.close();
    await rig?.stop();
    await line?.stop();
  });

  const sensors = async () => {
    const answer = await rig.get("/api/v1/state").catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as State).sensors : undefined;
  };
  const form = () => page.getByRole("dialog");
  const press = (name: string) => form().getByRole("button", { name, exact: true }).click();

  test("is read at its address, and at no other", async () => {
    await page.getByRole("button", { name: "加一个传感器" }).click();
    await form().getByLabel("叫什么").fill("西塘水位");
    await form().getByLabel("型号").selectOption("qdy30a");
    await form().getByLabel("地址").fill("2");
    await press("试读一次");
    await form().getByText("这个地址没有回应").waitFor();
    await form().getByLabel("地址").fill("3");
    await press("试读一次");
    await form().getByText("读到 2.345 m").waitFor();
    await keepPicture(page, "sensor-read-360", "screen");
  });

  test("is there once the gateway has started anew with it, without a new process", async () => {
    const { pid } = rig;
    await press("保存");
    await form().getByText("新的设置已经在用").waitFor({ timeout: 60_000 });
    await until(
      async () => (await sensors())?.some((one) => one.name === "西塘水位" && one.value === 2.345),
      {
        timeoutMs: 30_000,
        what: "a reading of the new sensor",
      },
    );
    expect(rig.pid).toBe(pid);
    await form().getByRole("button", { name: "返回", exact: true }).click();
    await page.getByText("QDY30A").first().waitFor();
    await keepPicture(page, "sensor-added-360");
  });

  test("goes when it is taken out", async () => {
    await page.getByRole("button", { name: "改：西塘水位" }).click();
    await press("去掉");
    await press("真的去掉？再点一次");
    await form().getByText("已经去掉").waitFor();
    await until(async () => (await sensors())?.length === 0, {
      timeoutMs: 60_000,
      what: "no sensor any more",
    });
  });
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const DESK = { width: 1366, height: 900 };

describePages("accounts on the page", () => {
  const rig = setUpPages({
    config: (folder) => ({ tls: { kind: "auto" }, tlsFolder: join(folder, "tls") }),
  });
  const { keep } = rig;

  const openAs = (username: string, viewport = DESK) =>
    rig.openPage({ viewport, ignoreHTTPSErrors: true }, username);

  async function openAccess(): Promise<void> {
    await rig.page.getByTitle("当前用户").click();
    await rig.page.getByRole("heading", { name: "我的账号" }).waitFor();
  }

  test("are made, given a role, shut and deleted", async () => {
    await openAs("admin");
    await openAccess();
    const { page } = rig;
    await keep("access");
    await page.locator("input[name=new-username]").fill("王小明");
    await page.locator("input[name=initial-password]").fill("short");
    await page.getByRole("button", { name: "建账号" }).click();
    await page.getByText("密码太短，至少 10 个字").waitFor();
    await page.locator("input[name=initial-password]").fill("塘边有三棵大柳树呀呀");
    await page.getByRole("button", { name: "建账号" }).click();
    const card = page.locator("details.account", { hasText: "王小明" });
    await card.getByText("值班员").first().waitFor();
    await card.locator("summary").click();
    await card.locator("select[name=role]").selectOption("technician");
    await card.locator("summary").getByText("安装人员").waitFor();
    await card.getByRole("button", { name: "停用" }).click();
    await card.locator("summary").getByText("已停用").waitFor();
    await keep("access-account");
    await card.getByRole("button", { name: "删除账号" }).click();
    await card.getByRole("button", { name: "再点一次" }).click();
    await card.waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("tell the last administrator's role from what was wished for", async () => {
    await openAs("admin");
    await openAccess();
    const { page } = rig;
    const card = page.locator("details.account", { hasText: "admin" });
    await card.locator("summary").click();
    await card.locator("select[name=role]").selectOption("viewer");
    await page.getByText("至少要留一个能登录的管理员").waitFor();
    expect(await card.locator("select[name=role]").inputValue()).toBe("administrator");
  });

  test("make a token that is shown once, and take it back", async () => {
    await openAs("admin");
    await openAccess();
    const { page } = rig;
    await page.locator("input[name=token-name]").fill("township");
    await page.locator("input[name=token-days]").fill("30");
    await page.getByRole("button", { name: "做一个口令" }).click();
    const token = await page.locator(".made code").textContent();
    expect(token).toMatch(/^cunshao_[\w-]{43}$/);
    await page.locator(".made").scrollIntoViewIfNeeded();
    await keep("access-token");
    await page.getByRole("button", { name: "收回" }).click();
    await page.getByText("还没有口令").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("change one's own password and go on", async () => {
    await openAs("guest");
    await openAccess();
    const { page } = rig;
    await page.locator("input[name=old-password]").fill("wrong");
    await page.locator("input[name=new-password]").fill("塘边有三棵大柳树呀呀");
    await page.getByRole("button", { name: "改密码" }).click();
    await page.getByText("旧密码不对").waitFor();
    await page.locator("input[name=old-password]").fill(PASSWORD);
    await page.getByRole("button", { name: "改密码" }).click();
    await page.getByText("密码改好了").waitFor();
    await page.getByRole("button", { name: "关闭" }).click();
    await page.locator("nav.places").waitFor();
    expect(await page.locator("button.login__submit").count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test("offer a viewer nothing that a viewer may not do", async () => {
    await openAs("guest");
    const { page } = rig;
    await raiseAlarm(rig.dependencies, undefined);
    await page.locator("article.alarm").waitFor();
    for (const name of ["知道了", "解除", "喊话"]) {
      expect(await page.getByRole("button", { name }).count()).toBe(0);
    }
    await rig.putAlarmOff();
    await openAccess();
    expect(await page.getByRole("heading", { name: "所有账号" }).count()).toBe(0);
    await keep("access-viewer");
    expect(rig.complaints).toEqual([]);
  });

  test("fit a phone of 360 pixels, and so does the page that explains the certificate", async () => {
    await openAs("admin", { width: 360, height: 740 });
    await openAccess();
    const { page } = rig;
    await keep("access-phone");
    const overflow = `Math.max(document.documentElement.scrollWidth, document.querySelector("dialog")?.scrollWidth ?? 0)`;
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(360);
    await page.goto(`${rig.url.replace("https:", "http:")}/trust`);
    await page.getByRole("heading", { name: "安卓手机" }).waitFor();
    await keep("trust-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    expect(rig.complaints).toEqual([]);
  });
});

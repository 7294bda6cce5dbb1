import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CERTUTIL } from "../support/believing-browser.ts";
import { CHROMIUM } from "../support/browser.ts";
import { BEAT_MS, LOUD_MS } from "../support/fake-microphone.ts";
import { BUILT_GATEWAY } from "../support/gateway-rig.ts";
import { PROJECT } from "../support/project.ts";
import type { TalkHeard } from "./talk-child.ts";

/** Built, as the gateway that it starts is. */
const BUILT_CHILD = join(PROJECT, "dist/test/system/talk-child.js");
const RUN = `
  const { talkFromElsewhere } = await import(process.env.TALK_CHILD);
  process.stdout.write("\\n" + JSON.stringify(await talkFromElsewhere(process.env.TALK_FOLDER)));
  process.exit(0);
`;
/** On an interface of its own: what stands on the loopback one is no name of the box's. */
const WITH_ANOTHER_ADDRESS =
  'ip link set lo up && ip link add village type bridge && ip link set village up && ip addr add 192.168.77.1/24 dev village && exec "$@"';
const inNamespace = (...command: readonly string[]): string[] => [
  ...["--net", "sh", "-c", WITH_ANOTHER_ADDRESS, "sh"],
  ...command,
];

const missing =
  [CHROMIUM, CERTUTIL, BUILT_GATEWAY, BUILT_CHILD].find((path) => !existsSync(path)) ??
  (spawnSync("unshare", inNamespace("true")).status === 0 ? undefined : "root, unshare and ip");
const folder = mkdtempSync(join(tmpdir(), "talk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(missing)(
  `what a browser's microphone hears on another machine comes out of the horn, and the page is an app there${missing ? ` (needs ${missing})` : ""}`,
  () => {
    const node = [process.execPath, "--input-type=module", "--eval", RUN];
    const output = execFileSync("unshare", inNamespace(...node), {
      cwd: PROJECT,
      env: { ...process.env, TALK_CHILD: BUILT_CHILD, TALK_FOLDER: folder },
      encoding: "utf8",
      timeout: 200_000,
    });
    const heard = JSON.parse(output.slice(output.lastIndexOf("\n") + 1)) as TalkHeard;
    expect(heard.isSecure).toBe(true);
    expect(heard.beatsMs.length).toBeGreaterThanOrEqual(2);
    for (const beatMs of heard.beatsMs) expect(Math.abs(beatMs - BEAT_MS)).toBeLessThan(200);
    for (const loudMs of heard.loudMs) expect(Math.abs(loudMs - LOUD_MS)).toBeLessThan(120);
    // Nothing of it was said to an amplifier that was off, and it was on once.
    expect(heard.clipped).toBe(false);
    expect(heard.relay.filter((on) => on)).toHaveLength(1);
    expect(heard.relay.at(-1)).toBe(false);
    expect(heard.lostPackets).toBe(0);
    expect(heard.insecure).toContain("用话筒要用 https 打开本页");
    expect(heard.app).toEqual({ notInstalledFor: ["in-incognito"], notified: ["报警：东塘有人靠近"] });
  },
);

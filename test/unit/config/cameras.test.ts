import { expect, test } from "vitest";
import { configurationOf, load, problemsOf, SECRETS, VILLAGE } from "./config-rig.ts";

const byHost = (profile: string, login = "") =>
  VILLAGE.replace(
    /^cameras:\n/m,
    `cameras:\n  - {id: extra, name: 桥头, profile: ${profile}, host: 192.168.1.40, channel: 2${login}}\n`,
  );

test("knows every address of a make, the likeliest first", async () => {
  const [camera] = (await configurationOf({ village: byHost("uniview") })).cameras;
  expect(camera).toMatchObject({
    main: "rtsp://192.168.1.40:554/unicast/c2/s0/live",
    sub: "rtsp://192.168.1.40:554/unicast/c2/s1/live",
    otherAddresses: [
      { main: "rtsp://192.168.1.40:554/media/video1", sub: "rtsp://192.168.1.40:554/media/video2" },
      { main: "rtsp://192.168.1.40:554/video1", sub: "rtsp://192.168.1.40:554/video2" },
    ],
  });
  const [single] = (await configurationOf({ village: byHost("tiandy") })).cameras;
  expect(single).not.toHaveProperty("otherAddresses");
});

test("has no password in the addresses of a make that wants it there, and asks for a login", async () => {
  const login = ", login: {username: admin, password: {secret: pond-east}}";
  const [camera] = (await configurationOf({ village: byHost("xm", login) })).cameras;
  expect(camera).toMatchObject({
    main: "rtsp://192.168.1.40:554/user={username}&password={password}&channel=2&stream=0.sdp",
    login: { username: "admin", password: "pond-secret-1" },
  });
  const { login: _login, ...rest } = camera ?? {};
  expect(JSON.stringify(rest)).not.toContain("pond-secret-1");
  expect(await problemsOf({ village: byHost("xm") })).toEqual([
    expect.stringMatching(
      /cameras\[0\]\.login .*expected a login, because the addresses of this make have it/,
    ),
  ]);
});

test("takes no camera's microphone along unless told so", async () => {
  expect((await configurationOf()).cameras[0]?.audio).toBe(false);
  const told = VILLAGE.replace(/^cameras:\n {2}- id: (\S+)\n/m, "cameras:\n  - id: $1\n    audio: true\n");
  const result = await load({ village: told, secrets: SECRETS });
  expect(result.ok && result.configuration.cameras[0]?.audio).toBe(true);
});

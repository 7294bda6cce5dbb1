import type { FoundCamera } from "../core/camera-control.ts";

/** Makes by what their cameras call themselves, and the profile in hw/profiles/cameras that knows their addresses. */
const PROFILES: readonly (readonly [RegExp, string])[] = [
  [/hik|^ds-|ezviz/i, "hikvision"],
  [/dahua|^dh-|^ipc-h/i, "dahua"],
  [/uniview|^unv|^ipc\d{3}/i, "uniview"],
  [/tiandy|^tc-/i, "tiandy"],
  [/huawei|holowits/i, "huawei"],
  [/xiongmai|xmeye|^xm|^h264dvr/i, "xm"],
  [/tp-?link|^tl-/i, "tp-link"],
];

/** Found cameras for a technician: what was found, then lines to copy into the configuration. */
export function foundCamerasText(cameras: readonly FoundCamera[]): string {
  if (cameras.length === 0) {
    return [
      "No camera answered. Is ONVIF switched on in the cameras (often an option of its own, with a user of its own),",
      "are they on the same network as this box, and do they have power?",
      "",
    ].join("\n");
  }
  const table = cameras.map(
    ({ host, name, hardware }) => `# ${host.padEnd(15)}  ${name || "(no name)"}  ${hardware}`,
  );
  const entries = cameras.flatMap((camera, index) => [
    `  - id: camera-${index + 1}`,
    `    name: ${JSON.stringify(printable(camera.name) || camera.host)}`,
    ...addressLines(camera),
    `    login: {username: admin, password: {secret: camera-${index + 1}}}   # and in secrets.yaml: camera-${index + 1}: "…"`,
    `    onvif: ${onvifOf(camera)}`,
  ]);
  return [...table.map(printable), "", "cameras:", ...entries, ""].join("\n");
}

function addressLines({ host, name, hardware }: FoundCamera): string[] {
  const profile = PROFILES.find(([make]) => make.test(hardware) || make.test(name))?.[1];
  if (profile) return [`    profile: ${profile}`, `    host: ${host}`];
  return [
    `    main: rtsp://${host}:554/   # the make is not known: its manual tells the path`,
    `    sub: rtsp://${host}:554/`,
  ];
}

function onvifOf({ serviceUrl }: FoundCamera): string {
  const { port, pathname, protocol } = new URL(serviceUrl);
  const words = [
    ...(port === "" ? [] : [`port: ${port}`]),
    ...(pathname === "/onvif/device_service" ? [] : [`path: ${JSON.stringify(pathname)}`]),
    ...(protocol === "https:" ? ["https: true"] : []),
  ];
  return words.length === 0 ? "true" : `{${words.join(", ")}}`;
}

/** What cameras say of themselves must not move a terminal's cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "");
}

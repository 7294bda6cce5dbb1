import onvif from "onvif";
import type { EncodedStream, Preset } from "../../core/camera-control.ts";
import { errorMessage, GatewayError } from "../../core/errors.ts";
import type { Polygon } from "../../core/geometry.ts";
import { createBoundedAgent } from "./bounded-agent.ts";
import { createMaskXml, MEDIA2, masksOf, type ToldMask } from "./masks.ts";
import type { DescribedCamera, OnvifOperations, OnvifTarget } from "./messages.ts";

/** Cameras answer within tens of milliseconds; one that is busy with its own page may take a few seconds. */
const ANSWER_MS = 6000;

type Cam = InstanceType<typeof onvif.Cam>;
type Answered = (error: unknown, value?: unknown) => void;
/** What the package gives of an XML element; nothing in it may be relied upon. */
type Element = Readonly<Record<string, unknown>>;

/**
 * A camera's controls by the npm package `onvif`. Each operation connects first where there is no connection yet; the
 * package then reads the camera's clock and signs by it, so that a camera with a wrong clock can be set right.
 */
export function createOnvifCamera(target: OnvifTarget): Omit<OnvifOperations, "search"> {
  let connecting: Promise<Cam> | undefined;

  function connected(): Promise<Cam> {
    connecting ??= connect(target).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  }

  /** The profile whose picture moves with the camera; any will do, because all show the same. */
  async function moving(): Promise<{ cam: Cam; profileToken: string }> {
    const cam = await connected();
    const profile = profilesOf(cam).find((each) => "PTZConfiguration" in each);
    if (!profile || !(cam.uri as Element | undefined)?.["ptz"]) {
      throw unsupported("this camera cannot be moved");
    }
    return { cam, profileToken: tokenOf(profile) };
  }

  return {
    async describe() {
      const cam = await connected();
      const [about, date] = await Promise.all([
        ask(cam, (done) => cam.getDeviceInformation(done)),
        ask(cam, (done) => cam.getSystemDateAndTime(done)),
      ]);
      return describe(cam, about as Element, date);
    },
    async setTime(wallMs) {
      const cam = await connected();
      const dateTime = new Date(wallMs);
      await ask(cam, (done) => cam.setSystemDateAndTime({ dateTimeType: "Manual", dateTime }, done));
    },
    async setKeyFrameSeconds(profileToken, seconds) {
      const cam = await connected();
      const profile = profilesOf(cam).find((each) => tokenOf(each) === profileToken);
      const encoder = elementOf(profile?.["videoEncoderConfiguration"]);
      const framesPerSecond = numberOf(elementOf(encoder["rateControl"])["frameRateLimit"]);
      if (framesPerSecond <= 0) throw unsupported("this camera does not tell its frame rate");
      const length = Math.max(1, Math.floor(framesPerSecond * seconds));
      await ask(cam, (done) => cam.setVideoEncoderConfiguration(withKeyFrames(encoder, length), done));
      await ask(cam, (done) => cam.getProfiles(done));
      const now = profilesOf(cam).find((each) => tokenOf(each) === profileToken);
      return keyFrameSecondsOf(elementOf(now?.["videoEncoderConfiguration"]));
    },
    async masks(profileTokens) {
      const cam = await connected();
      const all: Polygon[][] = [];
      for (const view of viewsOf(cam, profileTokens)) {
        all.push((await readMasks(cam, view)).map(({ polygon }) => polygon));
      }
      return all;
    },
    async setMasks(profileTokens, polygons) {
      const cam = await connected();
      for (const view of viewsOf(cam, profileTokens)) {
        for (const { token } of await readMasks(cam, view)) {
          await askMedia2(cam, `<DeleteMask xmlns="${MEDIA2}"><Token>${escaped(token)}</Token></DeleteMask>`);
        }
        for (const polygon of polygons) await askMedia2(cam, createMaskXml(escaped(view), polygon));
      }
    },
    async presets() {
      const { cam, profileToken } = await moving();
      await ask(cam, (done) => cam.getPresets({ profileToken }, done));
      return presetsOf(elementOf(cam.presets));
    },
    async savePreset(name) {
      const { cam, profileToken } = await moving();
      const answer = await ask(cam, (done) =>
        cam.setPreset({ profileToken, presetName: escaped(name) }, done),
      );
      const token = findText(answer, "presetToken");
      if (token === undefined) throw badAnswer("the camera did not say which preset it made");
      return token;
    },
    async removePreset(id) {
      const { cam, profileToken } = await moving();
      await ask(cam, (done) => cam.removePreset({ profileToken, presetToken: escaped(id) }, done));
    },
    async goTo(preset) {
      const { cam, profileToken } = await moving();
      await ask(cam, (done) => cam.gotoPreset({ profileToken, preset: escaped(preset) } as never, done));
    },
    async move({ pan, tilt, zoom }, durationMs) {
      const { cam, profileToken } = await moving();
      // Some cameras refuse a zoom beside a turn, even one of 0.
      const only =
        zoom === 0 ? { onlySendPanTilt: true } : pan === 0 && tilt === 0 ? { onlySendZoom: true } : {};
      const velocity = { x: pan, y: tilt, zoom, ...only };
      await ask(cam, (done) => cam.continuousMove({ profileToken, timeout: durationMs, ...velocity }, done));
    },
    async stopMoving() {
      const { cam, profileToken } = await moving();
      await ask(cam, (done) => cam.stop({ profileToken, panTilt: true, zoom: true }, done));
    },
  };
}

/** ONVIF Media2 Service Specification, 5.10: masks belong to a video source configuration. */
function viewsOf(cam: Cam, profileTokens: readonly string[]): Set<string> {
  const views = profileTokens.map((token) => {
    const profile = profilesOf(cam).find((each) => tokenOf(each) === token);
    const view = tokenOf(elementOf(profile?.["videoSourceConfiguration"]));
    if (view === "") throw unsupported("this camera has no video source that could be masked");
    return view;
  });
  return new Set(views);
}

/** Of this view alone: some cameras tell all their masks whatever they are asked. */
async function readMasks(cam: Cam, view: string): Promise<ToldMask[]> {
  const body = `<GetMasks xmlns="${MEDIA2}"><ConfigurationToken>${escaped(view)}</ConfigurationToken></GetMasks>`;
  return masksOf(await askMedia2(cam, body)).filter((mask) => mask.view === view);
}

/** The package knows nothing of masks; it still signs, sends and reads what it is given. */
function askMedia2(cam: Cam, body: string): Promise<unknown> {
  const raw = cam as unknown as {
    readonly uri?: Element;
    _request(options: { service: string; body: string }, done: Answered): void;
    _envelopeHeader(): string;
    _envelopeFooter(): string;
  };
  if (!raw.uri?.["media2"]) throw unsupported("this camera knows no masks (ONVIF Media2)");
  const envelope = raw._envelopeHeader() + body + raw._envelopeFooter();
  return ask(cam, (done) => raw._request({ service: "media2", body: envelope }, done));
}

async function connect({ host, port, path, isSecure, login }: OnvifTarget): Promise<Cam> {
  const cam = new onvif.Cam({
    hostname: host,
    port,
    path,
    useSecure: isSecure,
    // Cameras have certificates of their own making; the login is signed, never sent.
    secureOpts: { rejectUnauthorized: false },
    agent: createBoundedAgent(isSecure) as never,
    // Behind an address translation cameras name addresses that lead nowhere.
    preserveAddress: true,
    timeout: ANSWER_MS,
    autoconnect: false,
    ...(login ? { username: escaped(login.username), password: login.password } : {}),
  });
  await ask(cam, (done) => cam.connect(done));
  return cam;
}

/** Calls the package and sorts its errors, which carry no codes, by what the wire showed. */
function ask(cam: Cam, call: (done: Answered) => void): Promise<unknown> {
  let status = 0;
  let answer = "";
  const note = (xml: string, statusCode: number): void => {
    status = statusCode;
    answer = xml.slice(0, 20_000);
  };
  return new Promise((resolve, reject) => {
    cam.on("rawResponse", note);
    const settle: Answered = (error, value) => {
      cam.removeListener("rawResponse", note);
      if (error) reject(errorOf(error, status, answer));
      else resolve(value);
    };
    try {
      call(settle);
    } catch (error) {
      settle(error);
    }
  });
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNRESET",
]);

/** Fault codes: ONVIF Core Specification, 5.8.2.2. */
function errorOf(error: unknown, status: number, answer: string): Error {
  if (error instanceof GatewayError) return error;
  const message = errorMessage(error);
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && UNREACHABLE.has(code)) return fault("onvif.unreachable", code);
  // The package's own words for its own time limit and its own refusal to go on.
  if (message === "Network timeout") return fault("onvif.timeout", "the camera did not answer in time");
  const isRefusal = status === 401 || status === 403 || /NotAuthorized|FailedAuthentication/i.test(answer);
  if (isRefusal || message.startsWith("Digest authentication failed")) {
    return new GatewayError("the camera does not take the login", {
      code: "onvif.refused",
      kind: "permanent",
    });
  }
  if (/ActionNotSupported|NoSuchService|OptionalActionNotImplemented/i.test(answer))
    return unsupported(message);
  return badAnswer(message);
}

function fault(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "transient" });
}

function unsupported(message: string): GatewayError {
  return new GatewayError(message, { code: "onvif.unsupported", kind: "permanent" });
}

function badAnswer(message: string): GatewayError {
  return new GatewayError(message, { code: "onvif.bad_answer", kind: "permanent" });
}

async function describe(cam: Cam, about: Element, date: unknown): Promise<DescribedCamera> {
  const streams: EncodedStream[] = [];
  for (const profile of profilesOf(cam)) {
    const encoder = elementOf(profile["videoEncoderConfiguration"]);
    const resolution = elementOf(encoder["resolution"]);
    if (numberOf(resolution["width"]) <= 0) continue;
    const profileToken = tokenOf(profile);
    const answer = await ask(cam, (done) => cam.getStreamUri({ protocol: "RTSP", profileToken }, done));
    const url = withoutLogin(textOf(elementOf(answer)["uri"]));
    if (url === undefined) continue;
    streams.push({
      profile: profileToken,
      name: textOf(profile["name"]).slice(0, 64),
      url,
      encoding: textOf(encoder["encoding"]).slice(0, 16),
      width: numberOf(resolution["width"]),
      height: numberOf(resolution["height"]),
      framesPerSecond: numberOf(elementOf(encoder["rateControl"])["frameRateLimit"]),
      keyFrameSeconds: keyFrameSecondsOf(encoder),
    });
  }
  const { manufacturer, model, firmwareVersion, serialNumber } = about;
  return {
    manufacturer: textOf(manufacturer).slice(0, 64),
    model: textOf(model).slice(0, 64),
    firmware: textOf(firmwareVersion).slice(0, 64),
    serial: textOf(serialNumber).slice(0, 64),
    clockMs: date instanceof Date && Number.isFinite(date.getTime()) ? date.getTime() : undefined,
    canMove: profilesOf(cam).some((profile) => "PTZConfiguration" in profile),
    streams: streams.sort((a, b) => b.width * b.height - a.width * a.height),
  };
}

function profilesOf(cam: Cam): Element[] {
  return [cam.profiles as unknown]
    .flat()
    .filter((each): each is Element => typeof each === "object" && each !== null);
}

function tokenOf(element: Element): string {
  return textOf(elementOf(element["$"])["token"]);
}

function presetsOf(byToken: Element): Preset[] {
  return Object.entries(byToken).map(([id, preset]) => ({
    id,
    name: textOf(elementOf(preset)["name"]).slice(0, 64) || id,
  }));
}

/** Media 1 keeps the length in a block named for the codec, Media 2 in an attribute. */
function keyFrameSecondsOf(encoder: Element): number | undefined {
  const frames =
    numberOf(elementOf(encoder["$"])["GovLength"]) ||
    numberOf(elementOf(encoder["H264"])["govLength"]) ||
    numberOf(elementOf(encoder["MPEG4"])["govLength"]);
  const framesPerSecond = numberOf(elementOf(encoder["rateControl"])["frameRateLimit"]);
  return frames > 0 && framesPerSecond > 0 ? frames / framesPerSecond : undefined;
}

function withKeyFrames(encoder: Element, govLength: number): never {
  const attributes = elementOf(encoder["$"]);
  const block = encoder["H264"] ? { H264: { ...elementOf(encoder["H264"]), govLength } } : {};
  const media2 = "GovLength" in attributes ? { $: { ...attributes, GovLength: govLength } } : {};
  return { ...encoder, ...block, ...media2 } as never;
}

function elementOf(value: unknown): Element {
  return typeof value === "object" && value !== null ? (value as Element) : {};
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof elementOf(value)["_"] === "string" ? String(elementOf(value)["_"]) : "";
}

function numberOf(value: unknown): number {
  const number = Number(textOf(value));
  return Number.isFinite(number) ? number : 0;
}

/** The first text under an element of this name, however deep; the package gives raw answers of some calls. */
function findText(value: unknown, name: string, depth = 0): string | undefined {
  if (typeof value !== "object" || value === null || depth > 6) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const text = key === name ? textOf([child].flat()[0]) : "";
    const found = text || findText(child, name, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function withoutLogin(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== "rtsp:") return undefined;
  url.username = "";
  url.password = "";
  return url.href;
}

/** The package puts texts into its XML as they are. */
function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => signs[sign] ?? "");
}

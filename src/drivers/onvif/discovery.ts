import { networkInterfaces } from "node:os";
import onvif from "onvif";
import type { FoundCamera } from "../../core/camera-control.ts";

/** ONVIF Core Specification, 7.3.2.2: cameras tell name and hardware as scopes of these forms. */
const SCOPE = "onvif://www.onvif.org/";
/** More answers than a village has cameras are a flood. */
const MOST_FOUND = 256;

interface ProbeMatch {
  readonly XAddrs?: unknown;
  readonly scopes?: unknown;
}

/**
 * WS-Discovery over UDP 3702: a probe to the multicast group on each interface, answers for `waitMs`. A box whose cameras
 * hang on a network without a default route finds them too.
 */
export async function searchCameras(waitMs: number): Promise<FoundCamera[]> {
  const { Discovery } = onvif;
  // Without a listener, an answer that is no SOAP would end the process.
  Discovery.on("error", () => {});
  const interfaces = Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ family }) => family === "IPv4"))
    .map(([name]) => name);
  const found = await Promise.all(interfaces.map((device) => probe(device, waitMs)));
  return uniqueCameras(found.flat());
}

/** An interface that cannot send has no cameras. */
function probe(device: string, waitMs: number): Promise<FoundCamera[]> {
  return new Promise((resolve) => {
    onvif.Discovery.probe(
      { device, timeout: waitMs, resolve: false },
      (_error: unknown, answers?: unknown[]) => {
        resolve((answers ?? []).flatMap((answer) => camerasOf(answer)));
      },
    );
  });
}

function uniqueCameras(cameras: readonly FoundCamera[]): FoundCamera[] {
  const byUrl = new Map(cameras.map((camera) => [camera.serviceUrl, camera]));
  return [...byUrl.values()]
    .slice(0, MOST_FOUND)
    .sort((a, b) => a.serviceUrl.localeCompare(b.serviceUrl, "en", { numeric: true }));
}

/** One answer may name several addresses; the first that can be reached over IPv4 stands for the camera. */
export function camerasOf(answer: unknown): FoundCamera[] {
  const matches = (answer as { probeMatches?: { probeMatch?: unknown } } | undefined)?.probeMatches
    ?.probeMatch;
  return [matches].flat().flatMap((match) => {
    const { XAddrs: addresses, scopes } = (match ?? {}) as ProbeMatch;
    const urls = textOf(addresses).split(/\s+/).filter(isServiceUrl);
    const serviceUrl = urls.find((url) => /^[\d.]+$/.test(new URL(url).hostname)) ?? urls[0];
    if (serviceUrl === undefined) return [];
    const said = textOf(scopes).split(/\s+/);
    return [
      {
        serviceUrl,
        host: new URL(serviceUrl).hostname,
        name: scopeOf(said, "name"),
        hardware: scopeOf(said, "hardware"),
      },
    ];
  });
}

/** The package gives an element with attributes as an object with its text in `_`. */
function textOf(element: unknown): string {
  if (typeof element === "string") return element;
  const inner = (element as { _?: unknown } | undefined)?._;
  return typeof inner === "string" ? inner : "";
}

function isServiceUrl(address: string): boolean {
  return address.length <= 300 && URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
}

function scopeOf(scopes: readonly string[], kind: string): string {
  const start = `${SCOPE}${kind}/`;
  const raw = scopes.find((scope) => scope.startsWith(start))?.slice(start.length) ?? "";
  try {
    return decodeURIComponent(raw).slice(0, 64);
  } catch {
    return raw.slice(0, 64);
  }
}

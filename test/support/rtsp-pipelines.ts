import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { PROJECT } from "./project.ts";
import { freePort, type ServerProcess, startServer } from "./rtsp-cameras.ts";

const SCRIPT = join(PROJECT, "test/support/rtsp-pipelines.py");
/** Debian's Python: the GStreamer bindings belong to it. */
const PYTHON = "/usr/bin/python3";
const NEEDED = [
  "rtph264pay",
  "rtph265pay",
  "rtppcmapay",
  "rtpmp4gpay",
  "rtpjpegpay",
  "h265parse",
  "aacparse",
];
const PROBE = `import gi, sys
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
sys.exit(0 if all(Gst.ElementFactory.find(name) for name in sys.argv[1:]) else 1)`;

/** Why GStreamer's RTSP server cannot serve these kinds of cameras here; undefined when it can. */
export function thirdPartyServer(): string | undefined {
  if (spawnSync(PYTHON, ["-c", PROBE, ...NEEDED]).status === 0) return undefined;
  return "gir1.2-gst-rtsp-server-1.0, python3-gi and gstreamer1.0-plugins-good and -bad are not all installed";
}

export interface PipelineServer {
  url(name: string): string;
  kill(): Promise<void>;
}

/** Serves GStreamer pipelines, by name, as cameras on loopback. */
export async function startPipelines(pipelines: Readonly<Record<string, string>>): Promise<PipelineServer> {
  const port = await freePort();
  const lines = Object.entries(pipelines).map(([name, launch]) => `${name}=${launch}`);
  const server: ServerProcess = await startServer(PYTHON, [SCRIPT, String(port), ...lines]);
  return { url: (name) => `rtsp://127.0.0.1:${port}/${name}`, kill: server.kill };
}

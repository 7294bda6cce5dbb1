import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { TlsSetting } from "../core/certificates.ts";
import { fingerprint, readPem } from "./boxes.ts";
import { decimal, id, name, networkUrl, secret, text, whole } from "./fields.ts";
import { readWithSecrets } from "./file-with-secrets.ts";
import { host, timezone, tls } from "./listening.ts";
import type { Problem } from "./problems.ts";
import { size } from "./recording.ts";
import { villageMap } from "./village-map.ts";

/** A village as the desk knows it before it has answered. */
export interface TownshipBox {
  /** Of the site. */
  readonly id: string;
  readonly name: string;
  readonly location?: readonly [number, number] | undefined;
  /** Its address; `reverse`: the box comes to the desk. */
  readonly reach: "reverse" | { readonly url: string; readonly ca?: string; readonly fingerprint?: string };
  readonly token: string;
}

export interface Township {
  readonly desk: { readonly id: string; readonly name: string; readonly timezone: string };
  readonly boxes: readonly TownshipBox[];
  readonly panel: { readonly host: string; readonly port: number; readonly tls: TlsSetting };
  readonly dataFolder: string;
  readonly mostFileBytes: number;
  readonly mostEventBytes: number;
  readonly map?: { readonly tiles?: string | undefined };
}

export type TownshipResult =
  | { readonly ok: true; readonly township: Township }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const reach = z.union(
  [
    z.literal("reverse"),
    z.strictObject({
      url: networkUrl(["https:", "http:"]),
      ca: text(/^\S+$/, "the path of a PEM file").optional(),
      fingerprint: fingerprint.optional(),
    }),
  ],
  { error: "reverse, or {url, ca, fingerprint}" },
);

const box = z.strictObject({
  id,
  name,
  /** Longitude, latitude in degrees (WGS 84). */
  location: z.tuple([decimal(-180, 180), decimal(-90, 90)], "[longitude, latitude]").optional(),
  reach,
  /** What box and desk know each other by. */
  token: secret,
});

const townshipFile = z.strictObject({
  desk: z.strictObject({ id, name, timezone }),
  panel: z
    .strictObject({
      host: host.default("0.0.0.0"),
      port: whole(0, 65_535).default(8090),
      tls: tls.prefault("auto"),
    })
    .prefault({}),
  /** Counts from the file. */
  data: text(/^\S+$/, "the path of a folder"),
  /** What pictures and clips of one village may take here. */
  evidencePerBox: size.default(10e9),
  /** What the events of one village may take here: those of some years. */
  eventsPerBox: size.default(5e9),
  map: villageMap.prefault({}),
  boxes: z.array(box, "a list of boxes").min(1, "at least one box").max(200, "at most 200 boxes"),
});

/** A token that could be guessed would open a village's horns to whoever guesses. */
const SHORTEST_TOKEN = 16;

/**
 * Reads the township of a desk, with the tokens from `secrets.yaml` beside it; paths count from the file. Never throws for what
 * stands in the files.
 */
export async function loadTownship(file: string): Promise<TownshipResult> {
  const read = await readWithSecrets(file, townshipFile);
  if (!read.ok) return read;
  const { secrets, secretsFile, problems, complain } = read;
  const { desk, panel, data, evidencePerBox, eventsPerBox, map, boxes: written } = read.written;
  const boxes: TownshipBox[] = [];
  const ids = new Set<string>();
  const tokens = new Set<string>();
  for (const [index, one] of written.entries()) {
    const at = ["boxes", index];
    if (ids.has(one.id)) complain([...at, "id"], "each id once: it is the village's");
    ids.add(one.id);
    const token = secrets.values.get(one.token.secret);
    if (secrets.problems.length === 0) {
      if (token === undefined) {
        complain(
          [...at, "token"],
          `a secret that ${secretsFile} defines; add a line "${one.token.secret}: …"`,
        );
      } else if (token.length < SHORTEST_TOKEN) {
        complain([...at, "token"], `a secret of at least ${SHORTEST_TOKEN} characters`);
      } else if (tokens.has(token)) {
        complain([...at, "token"], "a token of its own: it tells the boxes apart");
      }
      tokens.add(token ?? "");
    }
    const { token: _token, reach: road, ...rest } = one;
    if (road === "reverse") {
      boxes.push({ ...rest, reach: road, token: token ?? "" });
      continue;
    }
    const pem = road.ca === undefined ? undefined : await readPem(resolve(dirname(file), road.ca));
    if (road.ca !== undefined && pem === undefined) {
      complain([...at, "reach", "ca"], "the path of a certificate in PEM that can be read");
    }
    if ((pem ?? road.fingerprint) !== undefined && road.url.startsWith("http:")) {
      complain([...at, "reach", "url"], "https: a certificate says nothing over plain HTTP");
    }
    boxes.push({
      ...rest,
      token: token ?? "",
      reach: {
        url: road.url,
        ...(pem !== undefined && { ca: pem }),
        ...(road.fingerprint !== undefined && { fingerprint: road.fingerprint }),
      },
    });
  }
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    township: {
      desk,
      boxes,
      panel,
      dataFolder: resolve(dirname(file), data),
      mostFileBytes: evidencePerBox,
      mostEventBytes: eventsPerBox,
      map,
    },
  };
}

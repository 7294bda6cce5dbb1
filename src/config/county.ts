import { dirname, resolve } from "node:path";
import { z } from "zod";
import type { CountyTownship } from "../core/county.ts";
import { readPem } from "./boxes.ts";
import { id, name, networkUrl, secret, text, whole, words } from "./fields.ts";
import { readWithSecrets } from "./file-with-secrets.ts";
import { host } from "./listening.ts";
import type { Problem } from "./problems.ts";

export interface County {
  readonly id: string;
  readonly name: string;
  readonly brokers: {
    readonly urls: readonly string[];
    readonly topic: string;
    readonly group: string;
    readonly login?: { readonly username: string; readonly password: string };
    readonly tls: {
      readonly ca?: string | undefined;
      readonly cert?: string | undefined;
      readonly key?: string | undefined;
    };
  };
  readonly database: { readonly url: string; readonly password: string | undefined };
  readonly listen: { readonly host: string; readonly port: number };
  readonly townships: readonly CountyTownship[];
}

export type CountyResult =
  | { readonly ok: true; readonly county: County }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const file = text(/^\S+$/, "the path of a PEM file");
const databaseUrl = text(
  /^postgres(ql)?:\/\/([^\s:@/]+@)?[^\s:@/]+(:\d+)?\/[^\s/]+$/,
  "an address like postgres://user@host:5432/database without a password in it",
);

/** Of a site's id alone, or with the name that people know it by. */
const village = z.preprocess(
  (written) => (typeof written === "string" ? { id: written } : written),
  z.strictObject({ id, name: name.optional() }).transform((one) => ({ ...one, name: one.name ?? one.id })),
);

const countyFile = z.strictObject({
  county: z.strictObject({ id, name }),
  brokers: z.strictObject({
    /** Nodes of one cluster. */
    urls: z
      .array(networkUrl(["mqtts:", "mqtt:"]), "a list of addresses")
      .min(1, "at least one address")
      .max(20, "at most 20 addresses"),
    login: z.strictObject({ username: words(64, "a user name"), password: secret }).optional(),
    topic: text(/^[^\s#+/$][^\s#+]{0,100}$/, "the first part of a topic, without # and +").default("cunshao"),
    /** Readers with the same word share the events between them. */
    group: id.default("county"),
    tls: z
      .strictObject({ authority: file.optional(), certificate: file.optional(), key: file.optional() })
      .prefault({}),
  }),
  database: z.strictObject({ url: databaseUrl, password: secret.optional() }),
  /** Where the page is, `/figures`, and `/metrics` for Prometheus. */
  listen: z
    .strictObject({ host: host.default("127.0.0.1"), port: whole(0, 65_535).default(8091) })
    .prefault({}),
  townships: z
    .array(
      z.strictObject({
        id,
        name,
        villages: z
          .array(village, "a list of site ids")
          .min(1, "at least one village")
          .max(1000, "at most 1000 villages"),
      }),
      "a list of townships",
    )
    .min(1, "at least one township")
    .max(200, "at most 200 townships"),
});

/**
 * Reads what a county reads and where it keeps it, with secrets from `secrets.yaml` beside the file; paths count from the file. Never
 * throws for what stands in the files.
 */
export async function loadCounty(path: string): Promise<CountyResult> {
  const read = await readWithSecrets(path, countyFile);
  if (!read.ok) return read;
  const { secrets, secretsFile, problems, complain } = read;
  const { county, brokers, database, listen, townships } = read.written;

  const secretAt = (at: readonly PropertyKey[], of: { secret: string } | undefined): string | undefined => {
    if (of === undefined) return undefined;
    const value = secrets.values.get(of.secret);
    if (value === undefined && secrets.problems.length === 0) {
      complain(at, `a secret that ${secretsFile} defines; add a line "${of.secret}: …"`);
    }
    return value;
  };
  const pemAt = async (key: "authority" | "certificate" | "key"): Promise<string | undefined> => {
    const named = brokers.tls[key];
    if (named === undefined) return undefined;
    const pem = await readPem(resolve(dirname(path), named));
    if (pem === undefined) complain(["brokers", "tls", key], "the path of a PEM file that can be read");
    return pem;
  };

  const townshipOf = new Map<string, string>();
  for (const [index, township] of townships.entries()) {
    for (const [place, one] of township.villages.entries()) {
      if (townshipOf.has(one.id)) complain(["townships", index, "villages", place], "each village once");
      townshipOf.set(one.id, township.id);
    }
  }
  const { login } = brokers;
  const username = login?.username ?? "";
  const loginPassword = secretAt(["brokers", "login", "password"], login?.password);
  const databasePassword = secretAt(["database", "password"], database.password);
  const tls = { ca: await pemAt("authority"), cert: await pemAt("certificate"), key: await pemAt("key") };
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    county: {
      ...county,
      brokers: {
        urls: brokers.urls,
        topic: brokers.topic,
        group: brokers.group,
        ...(login && { login: { username, password: loginPassword ?? "" } }),
        tls,
      },
      database: { url: database.url, password: databasePassword },
      listen,
      townships,
    },
  };
}

import type { TownshipBox } from "../../src/config/township.ts";
import type { Permission } from "../../src/core/access.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import type { Footage } from "../../src/core/footage.ts";
import { silentLogger } from "../../src/core/log.ts";
import { type Clock, systemClock } from "../../src/core/time.ts";
import { joinStream } from "../../src/panel/joined-streams.ts";
import { type BoxEnd, createBoxEnd } from "../../src/reverse/box-end.ts";
import { listen, makeServer, type PanelServer } from "../unit/panel/panel-fixture.ts";
import { startTestDesk } from "./test-desk.ts";

export const BOX_TOKEN = "token-of-the-village-and-its-desk";

/** Of a village that comes by itself. */
export const tokenOf = (village: string): string => `${BOX_TOKEN}-${village}`;

export type Reach = "direct" | "reverse";

export interface DeskSite {
  readonly site?: string;
  readonly clock?: Clock;
  readonly location?: readonly [number, number];
  /** Further villages, of which nobody has ever heard anything until one comes by itself. */
  readonly silent?: readonly Pick<TownshipBox, "id" | "name" | "location">[];
  /** Folder of the desk's map. */
  readonly tiles?: string;
  readonly mostFileBytes?: number;
  /** What the desk's token may; all that a township may where it is absent. */
  readonly scopes?: readonly Permission[];
  /** What the village has recorded; nothing unless told. */
  readonly footage?: Footage;
}

/** A desk of one village, whose panel is the real one over a village in memory, and somebody who is logged in at the desk. */
export async function startDeskOfOne(
  reach: Reach,
  { site = "test", clock = systemClock, location, silent = [], scopes, footage, ...setting }: DeskSite = {},
) {
  const tokens = [{ name: "desk", token: BOX_TOKEN, scopes }];
  const box: PanelServer = await makeServer(clock, { tokens }, footage && { footage });
  const boxUrl = await listen(box);
  const desk = await startTestDesk(
    [
      {
        ...{ id: site, name: "龙湾村", token: BOX_TOKEN, location },
        reach: reach === "reverse" ? "reverse" : { url: boxUrl },
      },
      ...silent.map((one) => ({ ...one, reach: "reverse" as const, token: tokenOf(one.id) })),
    ],
    setting,
  );
  /** Another run of a program, which says that it is this village. */
  const openEnd = (instance: string, siteId = "test"): BoxEnd =>
    createTestEnd(box, { siteId, instance, url: desk.url });
  const end = openEnd("instance-1");
  if (reach === "reverse") await end.start();
  desk.onEnd(async () => {
    await end.stop();
    await box.app.close();
  });
  /** The same village comes by itself with nothing of what it knew. */
  async function anew(): Promise<PanelServer> {
    const token = { name: "desk", token: BOX_TOKEN, scopes };
    const other = await makeServer(clock, { tokens: [token] }, {}, { ledgerId: "ledger2" });
    const otherEnd = createTestEnd(other, { siteId: site, instance: "instance-2", url: desk.url });
    await otherEnd.start();
    desk.onEnd(async () => {
      await otherEnd.stop();
      await other.app.close();
    });
    return other;
  }
  return {
    ...desk,
    box,
    boxUrl,
    openEnd,
    anew,
    /** The village, once the desk has heard it. */
    here: () => desk.boxWith({ status: "here" }),
    /** The line to the village is cut, or mended. */
    cut: () => end.stop(),
    mend: () => end.start(),
  };
}

/** The village's end of its channel to a desk at `url`; it comes back as soon as it can. */
export function createTestEnd(
  { app }: PanelServer,
  { siteId, instance, url }: { readonly siteId: string; readonly instance: string; readonly url: string },
): BoxEnd {
  return createBoxEnd(
    {
      serve: (stream, from) => joinStream(app.server, stream, from),
      tls: async () => ({}),
      clock: systemClock,
      random: () => 0.99,
      log: silentLogger,
    },
    { siteId, instance, desk: { id: "desk", url, token: BOX_TOKEN } },
  );
}

export type DeskOfOne = Awaited<ReturnType<typeof startDeskOfOne>>;

/** An alarm of the village, in its ledger and on its page. */
export async function raise(
  { ledger, village }: PanelServer,
  id = "a1",
  words: { readonly name?: string; readonly place?: string } = {},
): Promise<LedgerEvent> {
  const event = await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: id,
    data: { rule: "pond-bank", severity: "warning", because: { kind: "presence", camera: "pond-east" } },
  });
  village.update({
    alarms: [
      ...village.state().alarms,
      {
        ...{ id, rule: "pond-bank", name: "东塘有人靠近", place: "东塘", camera: "pond-east", ...words },
        ...{ severity: "warning", status: "raised", raisedAt: event.time, seq: event.seq, delivered: [] },
      },
    ],
  });
  return event;
}

/** The picture of an alarm. @returns its SHA-256. */
export function addPicture(box: PanelServer, picture: Buffer, id = "a1"): Promise<string> {
  return addEvidence(box, picture, { kind: "snapshot", mediaType: "image/jpeg" }, id);
}

/** What a camera saw before and after an alarm. @returns its SHA-256. */
export function addClip(box: PanelServer, film: Buffer, id = "a1"): Promise<string> {
  return addEvidence(box, film, { kind: "clip", mediaType: "video/mp4" }, id);
}

async function addEvidence(
  { ledger, evidence }: PanelServer,
  content: Buffer,
  about: { readonly kind: string; readonly mediaType: string },
  subject: string,
): Promise<string> {
  const sha256 = await evidence.put(content, about.mediaType);
  await ledger.append({
    type: "org.cunshao.evidence.added",
    class: "alarm",
    subject,
    data: { ...about, sha256, sizeBytes: content.length },
  });
  return sha256;
}

import { describe, expect, test } from "vitest";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import { keepLastPictures } from "../../../src/video/last-pictures.ts";
import { fragment, INIT } from "../../support/live-double.ts";

/** A picture that tells what it was made of. */
const media = {
  lastPicture: async (parts: readonly Uint8Array[]) =>
    Buffer.from(parts.map((part) => Buffer.from(part).toString("latin1", 0, 2)).join(" ")),
};

function camera() {
  const hub = new FragmentHub();
  const pictureOf = keepLastPictures(media, [{ camera: { id: "pond" }, hub }]);
  return { hub, picture: async () => (await pictureOf("pond")).toString() };
}

describe("the last picture of a camera", () => {
  test("is what it showed since its last key frame, also after its session is over", async () => {
    const { hub, picture } = camera();
    hub.begin(INIT);
    for (const label of ["K1", "p2", "K3", "p4"]) hub.push(fragment(label));
    hub.end();
    expect(await picture()).toBe("in K3 p4");
  });

  test("stays until a new session has its first key frame", async () => {
    const { hub, picture } = camera();
    hub.begin(INIT);
    hub.push(fragment("K1"));
    hub.end();
    hub.begin(INIT);
    hub.push(fragment("p2"));
    expect(await picture()).toBe("in K1");
    hub.push(fragment("K3"));
    expect(await picture()).toBe("in K3");
  });

  test("is gone once pictures are withdrawn, and comes back with a new session", async () => {
    const { hub, picture } = camera();
    hub.begin(INIT);
    for (const label of ["K1", "p2"]) hub.push(fragment(label));
    hub.withdraw();
    await expect(picture()).rejects.toMatchObject({ code: "video.no_picture" });
    hub.end();
    await expect(picture()).rejects.toMatchObject({ code: "video.no_picture" });
    hub.begin(INIT);
    hub.push(fragment("K6"));
    expect(await picture()).toBe("in K6");
  });

  test("is refused where there never was one", async () => {
    await expect(camera().picture()).rejects.toMatchObject({ code: "video.no_picture" });
  });
});

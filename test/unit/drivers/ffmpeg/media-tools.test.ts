import { describe, expect, test } from "vitest";
import { explainIngest, ingestArguments } from "../../../../src/drivers/ffmpeg/ingest.ts";
import { createMediaTools } from "../../../../src/drivers/ffmpeg/media-tools.ts";
import { encodeFragmentedMp4 } from "../../video/boxes.ts";
import { createChildRig } from "./children.ts";

const URL = "rtsp://192.0.2.7:554/cam/realmonitor?channel=1&subtype=1";

const POND = { camera: "pond", stream: "sub", url: URL } as const;

function inputOf(login?: { username: string; password: string }): string {
  const list = ingestArguments({ ...POND, login });
  return list[list.indexOf("-i") + 1] ?? "";
}

describe("the ingest", () => {
  test("copies over TCP, gives up a silent socket, asks for no microphone and gathers no index", () => {
    const line = ingestArguments({ ...POND }).join(" ");
    expect(line).toContain("-rtsp_transport tcp");
    expect(line).toContain("-timeout 10000000");
    expect(line).toContain("-allowed_media_types video");
    expect(line).toContain("-c:v copy");
    expect(line).toContain("skip_trailer");
  });

  test("looks longer for the picture's size only when told to", () => {
    expect(ingestArguments({ ...POND })).toContain("-probesize");
    const thorough = ingestArguments({ ...POND, thorough: true });
    expect(thorough).not.toContain("-probesize");
    expect(thorough).toContain("-analyzeduration");
  });

  test("takes the sound as AAC, in fragments of its own, only where the site wants it", () => {
    const line = ingestArguments({ ...POND, audio: true }).join(" ");
    expect(line).toContain("-allowed_media_types video+audio");
    expect(line).toContain("-map 0:a:0?");
    expect(line).toContain("-c:a aac");
    expect(line).toContain("separate_moof");
    expect(ingestArguments(POND).join(" ")).not.toMatch(/aac|0:a|separate_moof/);
  });

  test.each([
    ["Server returned 401 Unauthorized (authorization failed)", "rtsp.unauthorized"],
    ["Failed to resolve hostname nowhere: Name or service not known", "rtsp.unreachable"],
    ["Connection to tcp://192.0.2.7:554 failed: No route to host", "rtsp.unreachable"],
    ["Stream map '0:v:0' matches no streams.", "video.no_video"],
    [
      "Could not find codec parameters for stream 0 (Video: mjpeg, none(bt470bg)): unspecified size",
      "video.unsupported_codec",
    ],
    [
      "Could not find codec parameters for stream 0 (Video: none, none): unknown codec",
      "video.unsupported_codec",
    ],
    [
      "Could not find codec parameters for stream 0 (Video: h264, none): unspecified size",
      "video.no_parameters",
    ],
    [
      "Could not find codec parameters for stream 1 (Audio: none, 8000 Hz): unknown codec",
      "audio.unsupported",
    ],
    ["rtsp://192.0.2.7/pond: Cannot allocate memory", "rtsp.invalid_data"],
    ["whatever else", "rtsp.ended"],
  ])("reads off %j that it is %s", (message, reason) => {
    expect(explainIngest(message, 500)).toBe(reason);
  });

  test("takes invalid data after ten seconds for silence", () => {
    expect(explainIngest("Invalid data found when processing input", 500)).toBe("rtsp.invalid_data");
    expect(explainIngest("Invalid data found when processing input", 10_000)).toBe("rtsp.timeout");
  });

  test.each([
    ["", "/user=admin&password=&channel=1&stream=0.sdp", "/user=admin_password=tlJwpbo6_channel=1"],
    ["admin", "/user=admin&password=admin&channel=1&stream=0.sdp", "/user=admin_password=6QNMIQGe_channel=1"],
    ["a&b/$&", "/user=admin&password=a%26b%2F%24%26&channel=1&stream=0.sdp", undefined],
  ])("puts the password %j into the path where the make wants it there", (password, plain, hashed) => {
    const login = { username: "admin", password };
    const pathOf = (path: string): string => {
      const list = ingestArguments({ ...POND, url: `rtsp://192.0.2.7:554${path}`, login });
      return (list[list.indexOf("-i") + 1] ?? "").split(":554")[1] ?? "";
    };
    expect(pathOf("/user={username}&password={password}&channel=1&stream=0.sdp")).toBe(plain);
    if (hashed) expect(pathOf("/user={username}_password={passwordHash}_channel=1")).toBe(hashed);
  });

  test("leaves the address as it is without a login", () => {
    expect(inputOf()).toBe(URL);
  });

  test.each([
    ["admin", "plain", "admin:plain@"],
    ["admin", "p@ss/w:rd?#%", "admin:p%40ss%2Fw%3Ard%3F%23%25@"],
    ["张三", "密 码", "%E5%BC%A0%E4%B8%89:%E5%AF%86%20%E7%A0%81@"],
  ])(
    "puts %s's password %s into the address so that ffmpeg reads it back",
    (username, password, expected) => {
      expect(inputOf({ username, password })).toBe(URL.replace("rtsp://", `rtsp://${expected}`));
    },
  );
});

describe("the last picture", () => {
  test("of a fragmented MP4 is a whole JPEG", async () => {
    const { dependencies, registered } = createChildRig();
    const picture = await createMediaTools(dependencies).lastPicture([encodeFragmentedMp4("libx264")]);
    expect(picture.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(picture.subarray(-2)).toEqual(Buffer.from([0xff, 0xd9]));
    expect(registered()).toEqual([]);
  });

  test.each([
    ["nothing", []],
    ["noise", [Buffer.alloc(5000, 7)]],
  ])("of %s is video.no_picture", async (_name, media) => {
    const { dependencies, registered } = createChildRig();
    const picture = createMediaTools(dependencies).lastPicture(media);
    await expect(picture).rejects.toMatchObject({ code: "video.no_picture", kind: "transient" });
    expect(registered()).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { foundCamerasText } from "../../../src/provision/found-cameras.ts";

const camera = (change: object = {}) => ({
  serviceUrl: "http://192.168.1.21/onvif/device_service",
  host: "192.168.1.21",
  name: "东塘",
  hardware: "DS-2CD3T46",
  ...change,
});

describe("cameras found on the network", () => {
  test("stand there as lines of a configuration, by their make's profile where it is known", () => {
    const text = foundCamerasText([
      camera(),
      camera({
        serviceUrl: "https://192.168.1.22:8443/onvif/service",
        host: "192.168.1.22",
        name: "",
        hardware: "XYZ",
      }),
    ]);
    expect(text).toMatch(/^# 192\.168\.1\.21 {2,}东塘 {2}DS-2CD3T46$/m);
    expect(parse(text)).toEqual({
      cameras: [
        {
          id: "camera-1",
          name: "东塘",
          profile: "hikvision",
          host: "192.168.1.21",
          login: { username: "admin", password: { secret: "camera-1" } },
          onvif: true,
        },
        {
          id: "camera-2",
          name: "192.168.1.22",
          main: "rtsp://192.168.1.22:554/",
          sub: "rtsp://192.168.1.22:554/",
          login: { username: "admin", password: { secret: "camera-2" } },
          onvif: { port: 8443, path: "/onvif/service", https: true },
        },
      ],
    });
  });

  test("cannot write what they like into the terminal or the file", () => {
    const text = foundCamerasText([camera({ name: 'a"\n- id: evil\u001b[2J', hardware: "\u0007x\ny" })]);
    expect(text).not.toMatch(/\p{Cc}(?<!\n)/u);
    expect((parse(text) as { cameras: object[] }).cameras).toHaveLength(1);
  });

  test("that did not answer leave a word on what to look at", () => {
    expect(foundCamerasText([])).toMatch(/ONVIF switched on/);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNmeaTime } from "../../../../src/drivers/serial/nmea-time.ts";

/** As a receiver sends it: with `$` before and the checksum, the exclusive or of all between `$` and `*`, behind. */
function sentence(body: string): string {
  const sum = [...Buffer.from(body, "latin1")].reduce((left, byte) => left ^ byte, 0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, "0")}`;
}

const at = (body: string): string | undefined => {
  const wallMs = readNmeaTime(sentence(body));
  return wallMs === undefined ? undefined : new Date(wallMs).toISOString();
};

describe("the time in a sentence of a satellite receiver", () => {
  test("has the checksum of the format's best known example", () => {
    const body = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W";
    expect(sentence(body)).toBe(`$${body}*6A`);
  });

  test.each([
    ["GPRMC,061530,A,2813.500,N,11256.300,E,0.0,0.0,010726,,", "2026-07-01T06:15:30.000Z"],
    ["GNRMC,061530.25,A,2813.500,N,11256.300,E,0.0,,010726,,,A,V", "2026-07-01T06:15:30.250Z"],
    ["BDRMC,235959.000,A,2813.500,N,11256.300,E,0.0,,290228,,,A", "2028-02-29T23:59:59.000Z"],
  ])("is read from %s", (body, expected) => {
    expect(at(body)).toBe(expected);
  });

  test.each([
    ["a receiver without a fix", "GPRMC,061530,V,,,,,,,010726,,"],
    ["no time yet", "GPRMC,,A,,,,,,,,,"],
    ["a sentence of the date alone", "GPZDA,061530.00,01,07,2026,00,00"],
    ["a leap second", "GPRMC,235960,A,,,,,,,311226,,"],
    ["hour 24", "GPRMC,240000,A,,,,,,,311226,,"],
    ["a day that the month lacks", "GPRMC,061530,A,,,,,,,310626,,"],
    ["29 February of a common year", "GPRMC,061530,A,,,,,,,290227,,"],
    ["a date of six letters", "GPRMC,061530,A,,,,,,,abcdef,,"],
    ["a sentence of another kind", "GPGGA,061530,2813.5,N,11256.3,E,1,08,0.9,50.0,M,,M,,"],
  ])("is not read from %s", (_, body) => {
    expect(at(body)).toBeUndefined();
  });

  test("is not read where a byte was lost or changed on the wire", () => {
    const whole = sentence("GPRMC,061530,A,2813.500,N,11256.300,E,0.0,0.0,010726,,");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 127 }), (place, flip) => {
        const changed = String.fromCharCode(whole.charCodeAt(place) ^ flip);
        // Only the letters of the checksum may be small.
        fc.pre(changed.toUpperCase() !== whole[place]);
        expect(readNmeaTime(whole.slice(0, place) + changed + whole.slice(place + 1))).toBeUndefined();
      }),
    );
    expect(readNmeaTime(whole.slice(0, -3))).toBeUndefined();
  });

  test("is what was sent, for every second of this century", () => {
    const second = fc.integer({ min: Date.UTC(2000, 0) / 1000, max: Date.UTC(2100, 0) / 1000 - 1 });
    fc.assert(
      fc.property(second, (seconds) => {
        const [year = "", month, day, time = ""] = new Date(seconds * 1000).toISOString().split(/[-T.]/);
        const clock = time.replaceAll(":", "");
        const date = `${day}${month}${year.slice(2)}`;
        expect(readNmeaTime(sentence(`GPRMC,${clock},A,,,,,,,${date},,`))).toBe(seconds * 1000);
      }),
    );
  });

  test("never fails, whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => void readNmeaTime(Buffer.from(bytes).toString("latin1"))),
    );
    fc.assert(fc.property(fc.string(), (body) => void readNmeaTime(sentence(`GPRMC,${body}`))));
  });
});

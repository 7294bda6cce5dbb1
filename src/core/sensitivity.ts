import { isMinuteWithin } from "./schedule.ts";
import type { Sensitivity, SensitivityLevel, Site } from "./site.ts";

/** A track counts once it has been so sure (`SeenTrack.sureness`). The detector tells of whoever reaches `high`. */
export const LEAST_SURENESS: Readonly<Record<SensitivityLevel, number>> = { low: 1.6, normal: 1, high: 0.75 };

const DEGREE = Math.PI / 180;
/** Centre of the sun at sunrise and sunset: its half width and the air's refraction below the horizon, in degrees. */
const RISE_DEGREES = -0.833;

/**
 * The sun's height over the horizon in degrees, to about a hundredth until 2050: low-precision formulas of the
 * Astronomical Almanac (section C), with sidereal time by the U.S. Naval Observatory.
 */
export function sunHeight(wallMs: number, [longitude, latitude]: NonNullable<Site["location"]>): number {
  const days = wallMs / 86_400_000 + 2_440_587.5 - 2_451_545;
  const meanLongitude = 280.46 + 0.9856474 * days;
  const anomaly = (357.528 + 0.9856003 * days) * DEGREE;
  const along = (meanLongitude + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * DEGREE;
  const tilt = (23.439 - 0.0000004 * days) * DEGREE;
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(along), Math.cos(along));
  const declination = Math.asin(Math.sin(tilt) * Math.sin(along));
  const sidereal = (18.697374558 + 24.06570982441908 * days) * 15 * DEGREE;
  const hourAngle = sidereal + longitude * DEGREE - ascension;
  const place = latitude * DEGREE;
  return (
    Math.asin(
      Math.sin(place) * Math.sin(declination) + Math.cos(place) * Math.cos(declination) * Math.cos(hourAngle),
    ) / DEGREE
  );
}

/**
 * The level that holds at a time. Where nobody can tell day from night (no location, a clock that may be wrong) the more
 * sensitive of the two: a warning too many is better than none.
 */
export function levelAt(
  sensitivity: Sensitivity | undefined,
  wallMs: number,
  site: Pick<Site, "timezone" | "location"> & { readonly clockSynced: boolean },
): SensitivityLevel {
  if (!sensitivity) return "normal";
  const { day, night, dayHours } = sensitivity;
  if (day === night) return day;
  if (site.clockSynced && dayHours) return isMinuteWithin(dayHours, wallMs, site.timezone) ? day : night;
  if (site.clockSynced && site.location)
    return sunHeight(wallMs, site.location) >= RISE_DEGREES ? day : night;
  return LEAST_SURENESS[day] <= LEAST_SURENESS[night] ? day : night;
}

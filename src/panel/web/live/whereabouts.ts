import type { ReportPlace } from "../../../core/report.ts";

/** Why there is no place; the page says what to do about each. */
export type PlaceProblem = "insecure" | "old" | "denied" | "unknown" | "slow";

/** Satellites take a while under trees and behind houses. */
const TIMEOUT_MS = 30_000;

/** What keeps this page from the place whatever anybody allows; undefined where nothing does. */
export function placeObstacle(): PlaceProblem | undefined {
  if (!isSecureContext) return "insecure";
  return "geolocation" in navigator ? undefined : "old";
}

/** Asks the telephone where it is, once; the browser asks the person. */
export function findPlace(): Promise<ReportPlace | PlaceProblem> {
  const obstacle = placeObstacle();
  if (obstacle) return Promise.resolve(obstacle);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) =>
        resolve({ latitude, longitude, accuracyMeters: Math.round(accuracy) }),
      ({ code }) => resolve(PROBLEMS[code] ?? "unknown"),
      { enableHighAccuracy: true, timeout: TIMEOUT_MS, maximumAge: 0 },
    );
  });
}

/** By the codes of `GeolocationPositionError`. */
const PROBLEMS: Readonly<Record<number, PlaceProblem>> = { 1: "denied", 2: "unknown", 3: "slow" };

import type { CameraFault, PictureReport } from "../core/camera-health.ts";

/** What one picture gives reason to suspect: a fault, `good`, or `unclear`, which speaks neither for nor against. */
export type Suspicion = Exclude<CameraFault, "lost"> | "good" | "unclear";

type PictureFault = Exclude<CameraFault, "lost">;

/** Thresholds that make suspicious, and those (`stay`) that keep an open fault open. Measured on footage: ADR 14. */
const DARK_SHARE = { raise: 0.97, stay: 0.93 };
const BRIGHT_SHARE = { raise: 0.8, stay: 0.7 };
/** A bleached picture need not be white: bright, and without contrast. Fog stays below. */
const PALE_LUMA = { raise: 205, stay: 198 };
const PALE_SPREAD = { raise: 45, stay: 55 };
const LEAST_DETAIL = { raise: 10, stay: 14 };
const LOST_SHARE = { raise: 0.6, stay: 0.5 };
/** Fog takes structure too, and leaves what is bright bright. */
const LIKENESS = { raise: 0.8, stay: 0.85 };
/** Structure that is gone where it is dark may be the end of a lamp's light. */
const LIT_LUMA = 45;
/** Below this share of what is usual, and blurred by itself: a white car in the picture changes the former only. */
const SHARPNESS_SHARE = { raise: 0.8, stay: 0.88 };
const BLURRED = { raise: 0.62, stay: 0.68 };

/** The tests in their order: of several faults the first is told. Each says true, false, or null if it cannot tell. */
const TESTS: readonly (readonly [
  PictureFault,
  (report: PictureReport, edge: "raise" | "stay") => boolean | null,
])[] = [
  ["frozen", ({ repeats }) => repeats],
  ["black", ({ darkShare }, edge) => darkShare >= DARK_SHARE[edge]],
  ["covered", isCovered],
  [
    "washed-out",
    ({ brightShare, meanLuma, spread }, edge) =>
      brightShare >= BRIGHT_SHARE[edge] || (meanLuma >= PALE_LUMA[edge] && spread <= PALE_SPREAD[edge]),
  ],
  ["out-of-focus", isBlurred],
  ["moved", ({ place }) => (place === null ? null : place === "other")],
];

function isCovered(report: PictureReport, edge: "raise" | "stay"): boolean | null {
  const { lostShare, lostLuma, likeness, meanLuma } = report;
  if (lostShare === null || likeness === null) return null;
  // A hand before the lens leaves shading without an edge; a board or a leaf leaves edges of its own.
  const isSmooth = report.usualSharpness !== null && report.detail < LEAST_DETAIL[edge];
  if (!isSmooth && lostShare < LOST_SHARE[edge]) return false;
  if (likeness > LIKENESS[edge] || isPale(report)) return null;
  const litLuma = isSmooth ? meanLuma : (lostLuma ?? meanLuma);
  return litLuma < LIT_LUMA ? null : true;
}

function isBlurred({ sharpness, usualSharpness }: PictureReport, edge: "raise" | "stay"): boolean | null {
  if (sharpness === null || usualSharpness === null) return null;
  return sharpness < BLURRED[edge] && sharpness < usualSharpness * SHARPNESS_SHARE[edge];
}

/** A bleached picture has lost its structure too. */
function isPale({ brightShare, meanLuma, spread }: PictureReport): boolean {
  return brightShare >= BRIGHT_SHARE.stay || (meanLuma >= PALE_LUMA.stay && spread <= PALE_SPREAD.stay);
}

/**
 * Judges one picture.
 * @param open the fault that is open now: it stays by easier thresholds, and while it cannot be told, nothing speaks
 *   against it.
 * @param off faults that are not looked for on this camera.
 */
export function suspicionOf(
  report: PictureReport,
  open: CameraFault | undefined,
  off: readonly CameraFault[] = [],
): Suspicion {
  let isClear = true;
  for (const [fault, test] of TESTS) {
    if (off.includes(fault)) continue;
    const found = test(report, fault === open ? "stay" : "raise");
    if (found === true) return fault;
    if (found === null && fault === open) isClear = false;
  }
  return isClear ? "good" : "unclear";
}

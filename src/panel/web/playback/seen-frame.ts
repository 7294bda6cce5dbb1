/** One picture of a recording, as somebody looked at it. */
export interface SeenFrame {
  /** An address of the picture itself, which is good for as long as the page. */
  readonly picture: string;
  /** When it was taken, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** More is nothing to a finger that draws on it. */
const WIDEST = 1280;
const QUALITY = 0.85;

/** What a video shows; undefined while it shows nothing. */
export function shownBy(video: HTMLVideoElement): string | undefined {
  const { videoWidth, videoHeight } = video;
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || videoWidth === 0) return undefined;
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(WIDEST, videoWidth);
  canvas.height = Math.round((canvas.width * videoHeight) / videoWidth);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY);
}

import { LONGEST_PHOTO_SIDE } from "../../../core/report.ts";

const QUALITY = 0.8;

/**
 * Makes a picture small enough for a thin line. What the telephone wrote into it (where, when, which telephone) is not in what comes out,
 * and it stands upright.
 * @param longestSide in pixels.
 * @throws Error where the browser cannot open it.
 */
export async function scalePhoto(file: Blob, longestSide = LONGEST_PHOTO_SIDE): Promise<Blob> {
  const address = URL.createObjectURL(file);
  try {
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    return await drawn(picture, longestSide);
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function drawn(picture: HTMLImageElement, longestSide: number): Promise<Blob> {
  const { naturalWidth: width, naturalHeight: height } = picture;
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  // What a picture leaves transparent would be black in a JPEG.
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  // Telephones give the memory of a canvas back late unless it is told.
  canvas.width = 0;
  if (!made) throw new Error("no picture came of it");
  return made;
}

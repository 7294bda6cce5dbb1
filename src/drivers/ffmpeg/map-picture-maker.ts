import { LONGEST_MAP_SIDE, type MapPictureMaker, MOST_MAP_PIXELS } from "../../core/village-map.ts";
import type { ChildDependencies } from "./child-process.ts";
import { jpegSize } from "./jpeg-size.ts";
import { createAnewMaker, headOf, NAMELESS, refusal } from "./made-anew.ts";
import { pngSize } from "./png-size.ts";

/** 40 megapixels with four bytes each, in one piece, and a little more at the edges. */
const MOST_MEMORY_BYTES = 176 * 1024 * 1024;

const FITTING = `scale=w='min(${LONGEST_MAP_SIDE},iw)':h='min(${LONGEST_MAP_SIDE},ih)':force_original_aspect_ratio=decrease`;
/** What a drawing leaves transparent would be black in a JPEG. */
const ON_WHITE =
  "format=rgba,split[over][under];[under]lutrgb=r=255:g=255:b=255:a=255[white];[white][over]overlay=format=rgb";

/** Makes pictures of the village fit for the map by ffmpeg. */
export function createMapPictureMaker(dependencies: ChildDependencies): MapPictureMaker {
  const maker = createAnewMaker(dependencies, "map", MOST_MEMORY_BYTES);
  return {
    make: (source, target) =>
      maker.cleanly(target, async () => {
        const head = await headOf(source);
        const png = pngSize(head);
        const size = png ?? jpegSize(head);
        if (!size || size.width * size.height === 0)
          throw refusal("map.not_picture", "this is no JPEG or PNG");
        // Before a decoder reserves anything; it is told the same, in case it finds a second, larger header.
        if (size.width * size.height > MOST_MAP_PIXELS) {
          throw refusal("map.too_many_pixels", `${size.width} x ${size.height} pixels are too many`);
        }
        const [format, decoder, ground] = png
          ? ["png_pipe", "png", `,${ON_WHITE}`]
          : ["jpeg_pipe", "mjpeg", ""];
        await maker.make(
          "picture of the map",
          [
            ...["-xerror", "-err_detect", "explode", "-max_pixels", String(MOST_MAP_PIXELS)],
            ...["-f", format, "-c:v", decoder, "-i", `file:${source}`, "-frames:v", "1"],
            ...["-filter_threads", "1", "-filter_complex_threads", "1"],
            ...["-filter_complex", `[0:v:0]${FITTING}${ground},format=yuvj420p[made]`, "-map", "[made]"],
            ...[...NAMELESS, "-threads", "1", "-c:v", "mjpeg", "-q:v", "3", "-f", "mjpeg", "-y"],
            `file:${target}`,
          ],
          "map.not_picture",
        );
        const made = jpegSize(await headOf(target));
        if (!made) throw refusal("map.not_picture", "no picture came of it");
        return made;
      }),
  };
}

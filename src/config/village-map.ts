import { z } from "zod";
import { text } from "./fields.ts";

/** What the map is drawn on, where it is no picture that people bring in on the page. */
export const villageMap = z.strictObject({
  /** Tiles of Web Mercator, `<zoom>/<x>/<y>.png`, in a folder of the box. */
  tiles: text(/^\/.+$/, "the path of a folder with tiles, from /").optional(),
});

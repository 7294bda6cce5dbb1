import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const page = fileURLToPath(new URL("./src/panel/web", import.meta.url));
const dist = fileURLToPath(new URL("./dist", import.meta.url));

const SERVICE_WORKER = "shell/service-worker";
const INLINE_STYLE = "styleInject(css_248z);";

/** JSMpeg's unused play buttons bring a style sheet into the page, which the content security policy forbids. */
const jsmpegWithoutInlineStyle: Plugin = {
  name: "jsmpeg-without-inline-style",
  transform(code, id) {
    if (!id.includes("jsmpeg-player.esm")) return undefined;
    if (!code.includes(INLINE_STYLE)) this.error(`JSMpeg has no ${INLINE_STYLE} any more`);
    return { code: code.replace(INLINE_STYLE, ""), map: null };
  },
};

/** Beside each file that shrinks, it shrunk: the box serves that, and spends no time on it. */
const shrunk = (output: string): Plugin => ({
  name: "shrunk",
  closeBundle() {
    for (const path of readdirSync(output, { recursive: true, encoding: "utf8" })) {
      if (!/\.(js|css|html|svg|webmanifest)$/.test(path)) continue;
      const content = readFileSync(join(output, path));
      writeFileSync(join(output, `${path}.br`), brotliCompressSync(content));
      writeFileSync(join(output, `${path}.gz`), gzipSync(content, { level: 9 }));
    }
  },
});

/** One script and one style sheet that an old office PC loads from the box itself. */
const village = {
  root: page,
  output: join(dist, "web"),
  input: [`${page}/index.html`, `${page}/${SERVICE_WORKER}.ts`],
};
/** Of `--mode county`: apart, so that no village loads in pieces what it shares with a county. */
const county = { root: `${page}/county`, output: join(dist, "county"), input: [`${page}/county/index.html`] };

export default defineConfig(({ mode }) => {
  const { root, output, input } = mode === "county" ? county : village;
  return {
    root,
    publicDir: `${page}/public`,
    plugins: [vue(), jsmpegWithoutInlineStyle, shrunk(output)],
    define: {
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
      __VUE_I18N_LEGACY_API__: "false",
      __VUE_I18N_FULL_INSTALL__: "false",
      __INTLIFY_PROD_DEVTOOLS__: "false",
    },
    build: {
      outDir: output,
      emptyOutDir: true,
      // What village PCs run: the domestic browsers trail Chromium by years.
      target: ["chrome87", "edge88", "firefox98", "safari15.4"],
      // The polyfill would be an inline script, which the content security policy forbids.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rollupOptions: {
        input,
        output: {
          // A service worker is asked for by one name for ever.
          entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
        },
      },
    },
    server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  };
});

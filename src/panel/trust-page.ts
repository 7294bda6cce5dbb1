import type { Authority } from "./tls/certificates.ts";
import { trust as en } from "./web/messages/en-access.ts";
import { trust as zh } from "./web/messages/zh-access.ts";

const WORDS = { zh, en };
/** As the page calls them; to each the other is offered. */
const LANGUAGES = { zh: { tag: "zh-CN", name: "中文" }, en: { tag: "en", name: "English" } } as const;

export type TrustLanguage = keyof typeof WORDS;

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

export const trustStyle = `
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 40rem; padding: 1.5rem 1.25rem 3rem; font: 1.06rem/1.7 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { margin: 1.6rem 0 .3rem; font-size: 1.1rem; }
a.get { display: block; margin: 1.2rem 0; padding: .9rem; border-radius: .6rem; background: #0f5660; color: #fff;
  font-weight: 600; text-align: center; text-decoration: none; }
code { display: block; padding: .7rem .9rem; border: 1px solid #8a9a9c; border-radius: .5rem;
  font: 1rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
ol { padding-left: 1.4rem; } .note { color: #5f757c; font-size: .95rem; }
`;

/** A page without scripts, for any phone, that explains how to trust the box. `host` is as the reader typed it. */
export function trustPage(
  siteName: string,
  authority: Authority | undefined,
  host: string,
  language: TrustLanguage = "zh",
): string {
  const words = WORDS[language];
  const title = words.title.replace("{village}", () => siteName);
  if (!authority) return page(language, title, `<h1>${escaped(title)}</h1><p>${words.none}</p>`);
  const way = (heading: string, steps: readonly string[]): string =>
    `<h2>${heading}</h2><ol>${steps.map((step) => `<li>${step}</li>`).join("")}</ol>`;
  const ends = new Date(authority.notAfterMs).getUTCFullYear();
  const back = HOST.test(host) ? `<p><a href="https://${escaped(host)}/">${words.back}</a></p>` : "";
  return page(
    language,
    title,
    `<h1>${escaped(title)}</h1><p>${words.why}</p>
<a class="get" href="/authority.crt">${words.get}</a>
<p>${words.compare}</p><code>${authority.fingerprint}</code>
${way(words.androidHeading, words.android)}${way(words.iphoneHeading, words.iphone)}
${way(words.windowsHeading, words.windows)}${back}
<p class="note">${words.limits.replace("{year}", String(ends))}</p>`,
  );
}

function page(language: TrustLanguage, title: string, body: string): string {
  const other = language === "zh" ? "en" : "zh";
  const { tag, name } = LANGUAGES[other];
  const link = `<p class="note"><a href="/trust?language=${other}" lang="${tag}">${name}</a></p>`;
  return `<!doctype html>
<html lang="${LANGUAGES[language].tag}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${trustStyle}</style></head><body>${link}${body}</body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

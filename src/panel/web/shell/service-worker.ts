// Keeps the page's own files, so that an installed page opens when the box cannot be reached, and says so. It keeps nothing of what the
// box tells: an old picture or an old "all well" would be a lie.

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Client {
  readonly url: string;
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
interface NotificationEvent extends ExtendableEvent {
  readonly notification: Notification;
}
interface Worker {
  readonly location: Location;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(of: { type: "window"; includeUncontrolled: true }): Promise<readonly Client[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  addEventListener(type: "notificationclick", listener: (event: NotificationEvent) => void): void;
}
const worker = self as unknown as Worker;

const SHELL = "shell";
const PAGE = "/";
/** A box that is there answers in a fraction of this, also by a poor radio link. */
const PATIENCE_MS = 5_000;

/** The page with all that it names, all of it or nothing; what it does not name any more goes. */
async function keepShell(page: Response): Promise<void> {
  const text = await page.clone().text();
  const former = await (await caches.match(PAGE))?.text();
  if (text === former) return;
  const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
  const files = await Promise.all(named.map(async (path) => ({ path, file: await fetch(path) })));
  if (files.some(({ file }) => !file.ok)) return;
  await caches.delete(SHELL);
  const shell = await caches.open(SHELL);
  await Promise.all(files.map(({ path, file }) => shell.put(path, file)));
  await shell.put(PAGE, page);
}

async function openPage(event: FetchEvent): Promise<Response> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(event.request, { signal: late.signal });
    if (answer.ok) event.waitUntil(keepShell(answer.clone()));
    return answer;
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}

/** Named by what it holds, so it never changes. */
async function openAsset(event: FetchEvent): Promise<Response> {
  const { request } = event;
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  // Beside the answer: a browser without room for a copy shows the page all the same.
  if (answer.ok) event.waitUntil(keepAsset(request, answer.clone()));
  return answer;
}

async function keepAsset(request: Request, answer: Response): Promise<void> {
  const shell = await caches.open(SHELL);
  await shell.put(request, answer);
}

async function openFile(request: Request): Promise<Response> {
  return fetch(request).catch(async () => (await caches.match(request)) ?? Response.error());
}

async function goToAlarm(alarm: unknown): Promise<void> {
  const [page] = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!page) {
    await worker.clients.openWindow("/#/alarms");
    return;
  }
  await page.focus();
  page.postMessage({ alarm });
}

worker.addEventListener("install", (event) => {
  event.waitUntil(
    fetch(PAGE)
      .then(keepShell)
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== worker.location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === PAGE) event.respondWith(openPage(event));
  } else if (pathname.startsWith("/assets/")) event.respondWith(openAsset(event));
  else if (/^\/([^/]+\.(svg|png|webmanifest)|older-browser\.js)$/.test(pathname))
    event.respondWith(openFile(request));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goToAlarm((event.notification.data as { alarm?: unknown } | null)?.alarm));
});

/**
 * Lets the browser keep the page and install it. A browser that does not trust the box's certificate, or came by plain HTTP from another
 * machine, has no such thing: the page is the same without.
 */
export function keepPage(): void {
  if (!isSecureContext || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
}

/** Undefined where the browser keeps no page. */
export async function pageKeeper(): Promise<ServiceWorkerRegistration | undefined> {
  if (!isSecureContext || !("serviceWorker" in navigator)) return undefined;
  return navigator.serviceWorker.getRegistration();
}

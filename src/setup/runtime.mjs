/** How Node runs the gateway, whoever starts it; systemd/cunshao.service says the same. */
export const RUNTIME = {
  // A recordings disk that hangs holds threads of Node's pool; with its four the ledger would wait for one.
  UV_THREADPOOL_SIZE: "16",
  // MiB for short-lived objects: with eight cameras as fast as V8's 16, and 14 MiB less in use.
  NODE_OPTIONS: "--max-semi-space-size=4",
};

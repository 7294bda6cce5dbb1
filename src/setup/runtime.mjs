/** How Node runs the gateway, whoever starts it; systemd/cunshao.service says the same. */
export const RUNTIME = {
  // A recordings disk that hangs holds threads of Node's pool; with its four the ledger would wait for one.
  UV_THREADPOOL_SIZE: "16",
  // MiB for short-lived objects: as fast as V8's 16, with 15 MiB less in use, and memory that stays where it is.
  NODE_OPTIONS: "--max-semi-space-size=4",
};

/** How Node runs the gateway, whoever starts it; systemd/cunshao.service says the same. */
export const RUNTIME = {
  // A recordings disk that hangs holds threads of Node's pool; with its four the ledger would wait for one.
  UV_THREADPOOL_SIZE: "16",
  // MiB for short-lived objects: with eight cameras as fast as V8's 16, and 14 MiB less in use.
  NODE_OPTIONS: "--max-semi-space-size=4",
  // glibc keeps what threads and pictures gave back, more the busier the box was once: with few arenas and fixed thresholds
  // half an hour of cameras that fail all the time grows by 2 MiB an hour, without up to 50.
  MALLOC_ARENA_MAX: "2",
  MALLOC_TRIM_THRESHOLD_: "131072",
};

/** How Node runs the guard, which reads a few files; systemd/cunshao-guard.service says the same. */
export const GUARD_RUNTIME = {
  UV_THREADPOOL_SIZE: "2",
  NODE_OPTIONS: "--max-old-space-size=32 --max-semi-space-size=1",
};

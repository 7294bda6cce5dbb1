import { API, heedLogIn, ProblemError } from "./http.ts";

export interface Upload {
  /** @throws ProblemError, `cancelled` where it was. */
  readonly done: Promise<void>;
  cancel(): void;
}

/** Sends a file, and tells how many percent of it have gone, which fetch does not. */
export function sendFile(
  method: "POST" | "PUT",
  path: string,
  file: Blob,
  onProgress: (percent: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  request.open(method, `${API}${path}`);
  request.setRequestHeader("content-type", "application/octet-stream");
  const done = new Promise<void>((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(total > 0 ? Math.floor((100 * loaded) / total) : 0);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve();
      const code = codeIn(request.responseText);
      heedLogIn(code);
      reject(new ProblemError(code, request.status));
    };
    request.onerror = () => reject(new ProblemError("network", 0));
    request.onabort = () => reject(new ProblemError("cancelled", 0));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

function codeIn(answer: string): string {
  try {
    const { code } = JSON.parse(answer) as { readonly code?: unknown };
    return typeof code === "string" ? code : "unknown";
  } catch {
    return "unknown";
  }
}

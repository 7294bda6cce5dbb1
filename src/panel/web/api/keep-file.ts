/** Longer than any browser takes to begin keeping a file. */
const LET_GO_MS = 10_000;

/** Has the browser keep a file, as if somebody had followed a link to it. */
export function keepFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LET_GO_MS);
}

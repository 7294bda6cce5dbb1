/** What somebody typed. */
export function textIn({ target }: Event): string {
  return (target as HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement).value;
}

/** NaN where the field holds no number. */
export function numberIn({ target }: Event): number {
  return (target as HTMLInputElement).valueAsNumber;
}

// Chinese text as the bytes that voice modules read aloud. Node only decodes these encodings; the table is its decoder's, turned round.

export type GbEncoding = "gb2312" | "gbk";

/** Bytes of each character, GBK; made when first needed, because most sites never need it. */
let table: ReadonlyMap<string, readonly [lead: number, trail: number]> | undefined;

/**
 * The bytes of `text`, or the characters that `encoding` lacks, each once. ASCII stands for itself; control characters
 * are in neither encoding here, because nobody can speak them.
 */
export function encodeGb(text: string, encoding: GbEncoding): Buffer | { readonly lacks: readonly string[] } {
  const bytes: number[] = [];
  const lacks = new Set<string>();
  for (const character of text) {
    const found = bytesOf(character, encoding);
    if (found) bytes.push(...found);
    else lacks.add(character);
  }
  return lacks.size > 0 ? { lacks: [...lacks] } : Buffer.from(bytes);
}

/** How many bytes one character takes in either encoding. */
export function gbLength(character: string): 1 | 2 {
  return character.charCodeAt(0) < 0x80 ? 1 : 2;
}

function bytesOf(character: string, encoding: GbEncoding): readonly number[] | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return code >= 0x20 && code < 0x7f ? [code] : undefined;
  table ??= gbkTable();
  const pair = table.get(character);
  return pair && (encoding === "gbk" || isGb2312(...pair)) ? pair : undefined;
}

function gbkTable(): ReadonlyMap<string, readonly [number, number]> {
  const decoder = new TextDecoder("gbk", { fatal: true });
  const found = new Map<string, readonly [number, number]>();
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decodePair(decoder, lead, trail);
      if (character && !isPrivate(character)) found.set(character, [lead, trail]);
    }
  }
  return found;
}

function decodePair(
  decoder: InstanceType<typeof TextDecoder>,
  lead: number,
  trail: number,
): string | undefined {
  try {
    const text = decoder.decode(Uint8Array.of(lead, trail));
    return [...text].length === 1 ? text : undefined;
  } catch {
    // No character has these bytes.
    return undefined;
  }
}

/** Places that GBK leaves to its users: no module has a word for them. */
function isPrivate(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code >= 0xe000 && code <= 0xf8ff;
}

/** Cells of rows 1 to 9 that GBK filled and GB 2312-80 left empty: ⅰ to ⅹ, upright marks, letters with accents. */
function isGb2312(lead: number, trail: number): boolean {
  if (lead < 0xa1 || lead > 0xf7 || trail < 0xa1) return false;
  if (lead === 0xa2) return trail >= 0xb1;
  if (lead === 0xa6) return trail <= 0xb8 || (trail >= 0xc1 && trail <= 0xd8);
  if (lead === 0xa8) return trail <= 0xba || trail >= 0xc5;
  return true;
}

// H.265 over RTP: RFC 7798 with single NAL unit packets and fragmentation units.

const HEADER_BYTES = 2;
const FU = 49;

/** Payloads of one NAL unit, each as pieces to be joined. @param maxPayloadBytes at least 4. */
export function splitH265(nal: Uint8Array, maxPayloadBytes: number): Uint8Array[][] {
  if (nal.length <= maxPayloadBytes) return [[nal]];
  const [first = 0, layer = 0] = nal;
  const type = (first >> 1) & 0x3f;
  const payloads: Uint8Array[][] = [];
  const step = maxPayloadBytes - HEADER_BYTES - 1;
  for (let from = HEADER_BYTES; from < nal.length; from += step) {
    const start = from === HEADER_BYTES ? 0x80 : 0;
    const end = from + step >= nal.length ? 0x40 : 0;
    const prefix = Uint8Array.of((first & 0x81) | (FU << 1), layer, start | end | type);
    payloads.push([prefix, nal.subarray(from, from + step)]);
  }
  return payloads;
}

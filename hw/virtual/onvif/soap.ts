// SOAP 1.2 as far as ONVIF cameras need it (ONVIF Core Specification, 5.8).

const PREFIXES = [
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope"',
  'xmlns:tt="http://www.onvif.org/ver10/schema"',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"',
  'xmlns:trt="http://www.onvif.org/ver10/media/wsdl"',
  'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"',
  'xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"',
  'xmlns:ter="http://www.onvif.org/ver10/error"',
].join(" ");

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${PREFIXES}><s:Body>${body}</s:Body></s:Envelope>`;
}

/** A fault with one of ONVIF's own subcodes, e.g. `ter:NotAuthorized`. */
export function faultEnvelope(subcode: string, reason: string): string {
  return envelope(
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code>` +
      `<s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`,
  );
}

/** The name of the element in the body: what is asked for. */
export function actionOf(request: string): string {
  return /<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)/.exec(request)?.[1] ?? "";
}

/** The text of the first element of this name, whatever its prefix; undefined where there is none. */
export function textOf(request: string, element: string): string | undefined {
  const found = new RegExp(`<(?:[\\w-]+:)?${element}(?:\\s[^>]*)?>([^<]*)</`).exec(request)?.[1];
  return found === undefined ? undefined : unescaped(found);
}

/** An attribute of the first element of this name. */
export function attributeOf(request: string, element: string, attribute: string): string | undefined {
  return new RegExp(`<(?:[\\w-]+:)?${element}\\s[^>]*\\b${attribute}="([^"]*)"`).exec(request)?.[1];
}

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function unescaped(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}

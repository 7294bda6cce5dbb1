import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { VirtualOnvifCamera } from "./camera-model.ts";
import { actionOf, textOf } from "./soap.ts";

/** WS-Discovery (OASIS, 2009), 3.1: the multicast group and port that probes are sent to. */
const GROUP = "239.255.255.250";
const PORT = 3702;

/** Answers searches for cameras on the network of `host`, as cameras do. */
export async function answerSearches(
  camera: Pick<VirtualOnvifCamera, "name" | "hardware">,
  serviceUrl: string,
  host = "127.0.0.1",
): Promise<{ stop(): Promise<void> }> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.on("message", (message, { address, port }) => {
    const probe = message.toString();
    if (actionOf(probe) !== "Probe") return;
    socket.send(probeMatch(textOf(probe, "MessageID") ?? "", camera, serviceUrl), port, address);
  });
  socket.bind(PORT);
  await once(socket, "listening");
  socket.addMembership(GROUP, host);
  return {
    async stop() {
      socket.close();
      await once(socket, "close");
    },
  };
}

function probeMatch(
  relatesTo: string,
  { name, hardware }: Pick<VirtualOnvifCamera, "name" | "hardware">,
  serviceUrl: string,
): string {
  const scopes = [
    "onvif://www.onvif.org/type/video_encoder",
    `onvif://www.onvif.org/name/${encodeURIComponent(name)}`,
    `onvif://www.onvif.org/hardware/${encodeURIComponent(hardware)}`,
  ].join(" ");
  return (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" ' +
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>' +
    `<a:MessageID>urn:uuid:00000000-0000-4000-8000-000000000001</a:MessageID><a:RelatesTo>${relatesTo}</a:RelatesTo>` +
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header><s:Body>" +
    `<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:${encodeURIComponent(serviceUrl)}</a:Address></a:EndpointReference>` +
    `<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>${scopes}</d:Scopes><d:XAddrs>${serviceUrl}</d:XAddrs>` +
    "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
  );
}

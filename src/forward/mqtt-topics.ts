/** The topics of one village under the first part that all villages share. */
export interface MqttTopics {
  /** Retained: whether the box is there, what its ledger is called, and where it ends. */
  readonly status: string;
  /** The box asks how far its events are kept. */
  readonly question: string;
  /** Whoever keeps the events answers here. */
  readonly acknowledged: string;
  readonly commands: string;
  events(eventClass: string): string;
  /** MQTT properties of each event. */
  readonly ofEvents: { readonly contentType: string; readonly responseTopic: string };
  /** Of several in one message. */
  readonly ofBatches: { readonly contentType: string; readonly responseTopic: string };
}

export function topicsOf(topic: string, siteId: string): MqttTopics {
  const base = `${topic}/${siteId}`;
  const acknowledged = `${base}/acknowledged`;
  return {
    status: `${base}/status`,
    question: `${base}/question`,
    acknowledged,
    commands: `${base}/commands`,
    events: (eventClass) => `${base}/events/${eventClass}`,
    ofEvents: { contentType: "application/cloudevents+json; charset=UTF-8", responseTopic: acknowledged },
    ofBatches: {
      contentType: "application/cloudevents-batch+json; charset=UTF-8",
      responseTopic: acknowledged,
    },
  };
}

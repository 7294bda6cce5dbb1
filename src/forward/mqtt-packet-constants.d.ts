declare module "mqtt-packet/constants.js" {
  const constants: {
    /** The reasons that the parser takes in a PUBACK, each with its name; it stops at any other. */
    MQTT5_PUBACK_PUBREC_CODES: Record<number, string>;
  };
  // biome-ignore lint/style/noDefaultExport: what a CommonJS module exports.
  export default constants;
}

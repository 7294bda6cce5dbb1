import { z } from "zod";

// What the files in hw/profiles/{relays,amplifiers,voice-modules} may hold: the closed set of codecs with their figures.

export const base = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and hyphens"),
  name: z.string().min(1),
  sources: z.array(z.string().min(1)).min(1, "where the figures come from"),
};
export const hex = z.string().regex(/^[0-9A-F]{2}( [0-9A-F]{2})*$/, "bytes as A0 01 01 A2");
export const baudRate = z.int().min(300).max(921_600);

const word = z.int().min(0).max(0xffff);
const percent = z.number().min(0).max(100);
const channel = z.int().min(1).max(64);
const unit = z.int().min(1).max(255);

function examplesOf<Example extends z.ZodType>(example: Example) {
  return z.array(example).min(1, "an example that a test can replay");
}

/** An order in which exactly one member stands. */
function oneOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).join(", ");
  return z
    .strictObject(shape)
    .refine((order) => Object.keys(order as object).length === 1, `one of ${names}`);
}

const serialRelay = z.strictObject({
  ...base,
  codec: z.literal("lcus"),
  baudRate,
  channels: channel,
  examples: examplesOf(z.strictObject({ what: z.strictObject({ channel, on: z.boolean() }), bytes: hex })),
});

const modbusRelay = z
  .strictObject({
    ...base,
    codec: z.literal("modbus"),
    baudRate,
    channels: channel,
    address: unit,
    firstCoil: z.int().min(0).max(1024),
    onValue: word.refine((value) => value !== 0, "a value that does not say off").default(0xff00),
    readsBack: z.boolean(),
    timer: z
      .strictObject({ coil: word, stepMs: z.int().min(1).max(60_000), maxSteps: z.int().min(1).max(0xffff) })
      .optional(),
    examples: examplesOf(
      z.strictObject({
        what: z.strictObject({
          address: unit,
          channel,
          on: z.boolean().optional(),
          forMs: z.int().min(1).optional(),
        }),
        bytes: hex,
      }),
    ),
  })
  .refine(({ timer, firstCoil, channels }) => !timer || timer.coil >= firstCoil + channels, {
    path: ["timer", "coil"],
    error: "a coil that is no relay's own",
  });

export const relay = z.discriminatedUnion("codec", [serialRelay, modbusRelay], {
  error: "codec: lcus or modbus",
});

/** Text or bytes with places for numbers; each codec reads it in its own way. */
const PLACES = /\{(address|volume|input|power|mute)\}/g;
const LINE = /^[\x21-\x7e]{1,60}$/;
const BYTES = /^(?:[0-9A-F]{2}|\?\?|\{[a-z]+\})(?: (?:[0-9A-F]{2}|\?\?|\{[a-z]+\}))*$/;

function ordersOf(shape: RegExp, expected: string) {
  const order = z
    .string()
    .refine((text) => shape.test(text) && !/[{}]/.test(text.replace(PLACES, "")), expected);
  return {
    orders: z.strictObject({
      on: order,
      off: order,
      mute: order.optional(),
      unmute: order.optional(),
      volume: order.refine((text) => text.includes("{volume}"), "an order with {volume} in it").optional(),
      input: order.refine((text) => text.includes("{input}"), "an order with {input} in it").optional(),
      status: order.optional(),
    }),
    statusAnswer: order.refine((text) => text.includes("{power}"), "an answer with {power} in it").optional(),
  };
}

const amplifierBase = {
  ...base,
  baudRate,
  addresses: z.strictObject({ min: z.int().min(0).max(255), max: z.int().min(0).max(255) }).optional(),
  volumeSteps: z.int().min(1).max(255).optional(),
  inputs: z.int().min(1).max(99).optional(),
  answerMs: z.int().min(50).max(5_000),
  examples: examplesOf(
    z.strictObject({
      what: oneOf({
        power: z.boolean().optional(),
        mute: z.boolean().optional(),
        volumePercent: percent.optional(),
        input: z.int().min(1).max(99).optional(),
        status: z.literal(true).optional(),
      }),
      address: z.int().min(0).max(255).optional(),
      bytes: hex,
    }),
  ),
};

const textAmplifier = z.strictObject({
  ...amplifierBase,
  ...ordersOf(LINE, "a line of ASCII with {address}, {volume} or {input} for its numbers"),
  codec: z.literal("amplifier-text"),
  terminator: z.enum(["cr", "lf", "crlf"]),
  done: z.string().min(1).max(60).optional(),
  refused: z.string().min(1).max(60).optional(),
});

const bytesAmplifier = z.strictObject({
  ...amplifierBase,
  ...ordersOf(BYTES, "bytes as 00 70 {volume} with {address}, {volume} or {input} for its numbers"),
  codec: z.literal("amplifier-bytes"),
  frame: z.strictObject({
    start: hex,
    hasLength: z.boolean(),
    checksum: z.enum(["none", "sum8", "xor8", "crc16-modbus"]),
    checksumFrom: z.enum(["start", "length", "body"]),
    end: hex.optional(),
  }),
});

export const amplifier = z
  .discriminatedUnion("codec", [textAmplifier, bytesAmplifier], {
    error: "codec: amplifier-text or amplifier-bytes",
  })
  .superRefine((profile, context) => {
    const { orders, statusAnswer, addresses, volumeSteps, inputs } = profile;
    const need = (isThere: boolean, path: string, expected: string): void => {
      if (!isThere) context.addIssue({ code: "custom", path: [path], message: expected });
    };
    const usesAddress = Object.values(orders).some((order) => order?.includes("{address}"));
    need(
      !usesAddress || addresses !== undefined,
      "addresses",
      "{min, max}, because the orders use {address}",
    );
    need(!orders.volume || volumeSteps !== undefined, "volumeSteps", "the steps that {volume} counts");
    need(!orders.input || inputs !== undefined, "inputs", "how many inputs it has");
    need(
      !orders.status === !statusAnswer,
      "statusAnswer",
      "an answer where there is a status order, and only there",
    );
    need(!orders.mute === !orders.unmute, "orders", "both mute and unmute, or neither");
  });

const track = z.int().min(1).max(65_535);
const moduleBase = { ...base, baudRate, acknowledgeMs: z.int().min(50).max(5_000) };
const seconds = z.int().min(1).max(3_600);
const pollMs = z.int().min(50).max(10_000);
const exampleOf = (shape: z.ZodRawShape) => examplesOf(z.strictObject({ what: oneOf(shape), bytes: hex }));
const recordedOrders = {
  play: track.optional(),
  volumePercent: percent.optional(),
  stop: z.literal(true).optional(),
  status: z.literal(true).optional(),
};

const dfplayer = z.strictObject({
  ...moduleBase,
  codec: z.literal("dfplayer"),
  tracksBy: z.enum(["mp3-folder", "index"]),
  maxTrack: track,
  tellsPlaying: z.boolean().default(false),
  maxTrackSeconds: seconds,
  examples: exampleOf(recordedOrders),
});

const jq8900 = z.strictObject({
  ...moduleBase,
  codec: z.literal("jq8900"),
  maxTrack: track,
  maxTrackSeconds: seconds,
  pollMs,
  examples: exampleOf(recordedOrders),
});

const speech = z.strictObject({
  ...moduleBase,
  codec: z.enum(["syn6288", "xfs5152"]),
  encoding: z.enum(["gb2312", "gbk"]),
  maxTextBytes: z.int().min(20).max(4_000),
  volumeSteps: z.int().min(1).max(99),
  maxSpeechSeconds: seconds,
  pollMs,
  examples: exampleOf({
    say: z.string().min(1).max(60).optional(),
    stop: z.literal(true).optional(),
    status: z.literal(true).optional(),
  }),
});

export const voiceModule = z.discriminatedUnion("codec", [dfplayer, jq8900, speech], {
  error: "codec: dfplayer, jq8900, syn6288 or xfs5152",
});

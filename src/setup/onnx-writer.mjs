// Writes the few parts of an ONNX file that our converter needs. ONNX is protocol buffers; field numbers are those of
// onnx.proto (ONNX IR version 8, which opset 17 goes with).

/** onnx.TensorProto.DataType */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const FLOAT16 = 10;

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;
/** onnx.AttributeProto.AttributeType */
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_INTS = 7;

/**
 * @param graph `inputs` and `outputs` as `{name, type, shape}`, `weights` as `{name, type, shape, bytes}` and `nodes` as
 *   `{op, inputs, outputs, attributes}`, in the order in which they can be computed. A side that is open has a name in
 *   its shape instead of a number. Attributes are whole numbers, lists of them, `{float}` or text.
 */
export function onnxFile({ name, inputs, outputs, weights, nodes, metadata }) {
  const graph = message([
    ...nodes.map((node) => bytes(1, nodeMessage(node))),
    bytes(2, text(name)),
    ...weights.map((weight) => bytes(5, tensorMessage(weight))),
    ...inputs.map((input) => bytes(11, valueMessage(input))),
    ...outputs.map((output) => bytes(12, valueMessage(output))),
  ]);
  return message([
    varint(1, 8),
    bytes(2, text("cunshao")),
    bytes(7, graph),
    bytes(8, message([bytes(1, text("")), varint(2, 17)])),
    ...Object.entries(metadata).map(([key, value]) =>
      bytes(14, message([bytes(1, text(key)), bytes(2, text(value))])),
    ),
  ]);
}

function nodeMessage({ op, inputs, outputs, attributes = {} }) {
  return message([
    ...inputs.map((input) => bytes(1, text(input))),
    ...outputs.map((output) => bytes(2, text(output))),
    bytes(3, text(outputs[0])),
    bytes(4, text(op)),
    ...Object.entries(attributes).map(([key, value]) => bytes(5, attributeMessage(key, value))),
  ]);
}

function attributeMessage(key, value) {
  const name = bytes(1, text(key));
  if (typeof value === "string") return message([name, bytes(4, text(value)), varint(20, ATTRIBUTE_STRING)]);
  if (typeof value === "number") return message([name, varint(3, value), varint(20, ATTRIBUTE_INT)]);
  if (Array.isArray(value)) {
    return message([name, ...value.map((item) => varint(8, item)), varint(20, ATTRIBUTE_INTS)]);
  }
  return message([name, float(2, value.float), varint(20, ATTRIBUTE_FLOAT)]);
}

function tensorMessage({ name, type, shape, bytes: raw }) {
  return message([
    ...shape.map((size) => varint(1, size)),
    varint(2, type),
    bytes(8, text(name)),
    bytes(9, raw),
  ]);
}

function valueMessage({ name, type, shape }) {
  const sides = shape.map((side) =>
    bytes(1, message([typeof side === "number" ? varint(1, side) : bytes(2, text(side))])),
  );
  const tensorType = message([varint(1, type), bytes(2, message(sides))]);
  return message([bytes(1, text(name)), bytes(2, message([bytes(1, tensorType)]))]);
}

function message(parts) {
  return Buffer.concat(parts);
}

function text(words) {
  return Buffer.from(words, "utf8");
}

function bytes(field, content) {
  return Buffer.concat([tag(field, BYTES), number(content.length), content]);
}

function varint(field, value) {
  return Buffer.concat([tag(field, VARINT), number(value)]);
}

function float(field, value) {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([tag(field, FIXED32), content]);
}

function tag(field, kind) {
  return number((field << 3) | kind);
}

/** Seven bits a byte, the lowest first, for 0 to 2^53. */
function number(value) {
  const out = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
}

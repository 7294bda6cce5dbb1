// Turns NanoDet-g, a graph model of TensorFlow.js, into ONNX: the same weights in the same layers, nothing computed anew.
// What its outputs mean is read in src/vision/people/nanodet.ts.
//
// The TensorFlow.js file was itself made from ONNX and is full of transposes between two layouts of pictures, and of
// paddings as layers of their own. Here all is in one layout (planes of colours), so that a transpose is another name
// for what it is given, and a padding is noted until the layer that it is for.
import { FLOAT, FLOAT16, INT64, onnxFile, UINT8 } from "./onnx-writer.mjs";

/** Of red, green, blue, as it was trained: data.val.pipeline.normalize in config/nanodet-g.yml of RangiLyu/nanodet. */
const MEAN = [123.675, 116.28, 103.53];
const DEVIATION = [58.395, 57.12, 57.375];
/** How the last layers are split: classes, and for each of the four sides of a box 11 bins of distance. */
const CLASSES = 80;
const BINS = 44;
/** The picture that the TensorFlow.js file is made for; the ONNX file takes any with sides that 32 divides. */
const SIDE = 416;
/** The input, constants, and what stands behind the outputs: those only change their shape. */
const LEFT_OUT = new Set(["Placeholder", "Const", "SparseToDense", "AddV2", "Reshape", "Identity"]);

/**
 * @param model the parsed `nanodet.json`, and @param weights `nanodet.bin`.
 * @param metadata texts by name for whoever opens the file: source, licence.
 * @returns the ONNX file: a picture as it lies in memory (uint8, red, green, blue) to scores and distances by stride.
 * @throws Error where a layer is not as expected: another model.
 */
export function nanodetToOnnx(model, weights, metadata) {
  const constants = readConstants(model.weightsManifest, weights);
  const file = { name: "nanodet-g", inputs: [], outputs: [], weights: [], nodes: [], metadata };
  const graph = { constants, values: new Map(), file, isFirst: true };
  writeHead(graph);
  for (const node of model.modelTopology.node) {
    if (LEFT_OUT.has(node.op) || !node.input?.some((name) => graph.values.has(name))) continue;
    const write = WRITERS[node.op];
    if (!write) throw new Error(`${node.name}: a layer ${node.op} is not known`);
    graph.values.set(node.name, write(graph, node));
  }
  if (file.outputs.length !== 6) throw new Error(`${file.outputs.length} outputs instead of 6`);
  return onnxFile(file);
}

/** From bytes as they come to what the model was trained on, but for the order of the colours: see `kernelOf`. */
function writeHead({ file, values }) {
  file.inputs.push({ name: "picture", type: UINT8, shape: [1, "height", "width", 3] });
  const perColour = (name, numbers) => {
    file.weights.push({
      name,
      type: FLOAT,
      shape: [1, 3, 1, 1],
      bytes: Buffer.from(Float32Array.from(numbers).buffer),
    });
    return name;
  };
  addNode(file, "Cast", ["picture"], "picture/float", { to: FLOAT });
  addNode(file, "Transpose", ["picture/float"], "picture/planes", { perm: [0, 3, 1, 2] });
  addNode(file, "Sub", ["picture/planes", perColour("mean", MEAN)], "picture/centred");
  addNode(file, "Div", ["picture/centred", perColour("deviation", DEVIATION)], "picture/even");
  values.set("input_1", { name: "picture/even", stride: 1, padding: 0 });
}

/** Each gives what the node's value is called in the ONNX file, its stride, and what has to be padded before its use. */
const WRITERS = {
  Transpose: ({ values }, { input }) => lookUp(values, input[0]),
  Pad: pad,
  PadV2: pad,
  Conv2D({ values, constants }, { name, input, attr }) {
    const from = lookUp(values, input[0]);
    const steps = attr.strides.list.i.slice(1, 3).map(Number);
    if (textOf(attr.padding) !== "VALID" || attr.dilations.list.i.some((step) => step !== "1")) {
      throw new Error(`${name}: only a convolution that is neither padded nor dilated is known`);
    }
    // Written together with its bias, which is the next layer.
    const kernel = constants.get(input[1]);
    return { kernel, from, steps, stride: from.stride * steps[0], padding: 0 };
  },
  Add(graph, { name, input }) {
    const { values, constants, file } = graph;
    const first = lookUp(values, input[0]);
    const stride = first.stride;
    if (!first.kernel) {
      addNode(file, "Add", [first.name, lookUp(values, input[1]).name], name);
      return { name, stride, padding: 0 };
    }
    const [height, width, channels, count] = first.kernel.shape;
    const inputs = [
      first.from.name,
      addHalf(
        file,
        `${name}/kernel`,
        [count, channels, height, width],
        kernelOf(first.kernel, graph.isFirst),
      ),
      addHalf(file, `${name}/bias`, [count], constants.get(input[1]).values),
    ];
    graph.isFirst = false;
    const attributes = { kernel_shape: [height, width], strides: first.steps, pads: padsOf(first.from) };
    addNode(file, "Conv", inputs, name, attributes);
    return { name, stride, padding: 0 };
  },
  LeakyRelu({ values, file }, { name, input, attr }) {
    const { name: from, stride } = lookUp(values, input[0]);
    addNode(file, "LeakyRelu", [from], name, { alpha: { float: attr.alpha.f } });
    return { name, stride, padding: 0 };
  },
  MaxPool({ values, file }, { name, input, attr }) {
    const from = lookUp(values, input[0]);
    const [kernel, steps] = [attr.ksize, attr.strides].map(({ list }) => list.i.slice(1, 3).map(Number));
    // ONNX leaves its padding out of the maximum, as a padding with the lowest number does.
    addNode(file, "MaxPool", [from.name], name, { kernel_shape: kernel, strides: steps, pads: padsOf(from) });
    return { name, stride: from.stride * steps[0], padding: 0 };
  },
  ConcatV2({ values, file }, { name, input }) {
    const parts = input.slice(0, -1).map((part) => lookUp(values, part));
    addNode(
      file,
      "Concat",
      parts.map((part) => part.name),
      name,
      { axis: 1 },
    );
    return { name, stride: parts[0].stride, padding: 0 };
  },
  ResizeBilinear({ values, constants, file }, { name, input, attr }) {
    if (!attr.half_pixel_centers?.b || attr.align_corners?.b)
      throw new Error(`${name}: another way of resizing`);
    const { name: from, stride } = lookUp(values, input[0]);
    const scaled = SIDE / constants.get(input[1]).values[0];
    const scales = `${name}/scales`;
    const factors = Float32Array.from([1, 1, stride / scaled, stride / scaled]);
    file.weights.push({ name: scales, type: FLOAT, shape: [4], bytes: Buffer.from(factors.buffer) });
    addNode(file, "Resize", [from, "", scales], name, {
      mode: "linear",
      coordinate_transformation_mode: "half_pixel",
    });
    return { name, stride: scaled, padding: 0 };
  },
  SplitV({ values, constants, file }, { name, input }) {
    const sizes = constants.get(input[1]).values;
    if (sizes[0] !== CLASSES || sizes[1] !== BINS)
      throw new Error(`${name}: split into ${[...sizes].join(", ")}`);
    const { name: from, stride } = lookUp(values, input[0]);
    const [scores, distances] = [`scores-${stride}`, `distances-${stride}`];
    file.weights.push({
      name: `${name}/sizes`,
      type: INT64,
      shape: [2],
      bytes: Buffer.from(BigInt64Array.from(sizes, BigInt).buffer),
    });
    file.nodes.push({
      op: "Split",
      inputs: [from, `${name}/sizes`],
      outputs: [name, distances],
      attributes: { axis: 1 },
    });
    const shapeOf = (channels) => [1, channels, `rows-${stride}`, `columns-${stride}`];
    file.outputs.push({ name: scores, type: FLOAT, shape: shapeOf(CLASSES) });
    file.outputs.push({ name: distances, type: FLOAT, shape: shapeOf(BINS) });
    return { name, scores, stride, padding: 0 };
  },
  Sigmoid({ values, file }, { name, input }) {
    const { name: from, scores, stride } = lookUp(values, input[0]);
    if (!scores) throw new Error(`${name}: a sigmoid before the outputs`);
    addNode(file, "Sigmoid", [from], scores);
    return { name: scores, stride, padding: 0 };
  },
};

/** Both sides of height and width by one: the only padding in the model. */
function pad({ values, constants }, { name, input }) {
  const amounts = [...constants.get(input[1]).values];
  if (amounts.join() !== "0,0,0,0,1,1,1,1") throw new Error(`${name}: padded by ${amounts.join()}`);
  return { ...lookUp(values, input[0]), padding: 1 };
}

function padsOf({ padding }) {
  return [padding, padding, padding, padding];
}

function lookUp(values, name) {
  const value = values.get(name);
  if (!value) throw new Error(`${name} is used before it is computed`);
  return value;
}

function addNode(file, op, inputs, output, attributes) {
  file.nodes.push({ op, inputs, outputs: [output], attributes });
}

/** Weights stay in half precision in the file; the runtime widens them once, when it loads. */
function addHalf(file, name, shape, halves) {
  const stored = `${name}/half`;
  file.weights.push({
    name: stored,
    type: FLOAT16,
    shape,
    bytes: Buffer.from(halves.buffer, halves.byteOffset, halves.byteLength),
  });
  addNode(file, "Cast", [stored], name, { to: FLOAT });
  return name;
}

/**
 * Height, width, channels, count of a kernel become count, channels, height, width. It was trained on blue, green, red:
 * the first layer takes its channels from the other end.
 */
function kernelOf({ shape, values }, isReversed) {
  const [height, width, channels, count] = shape;
  const kernel = new Uint16Array(values.length);
  let from = 0;
  for (let place = 0; place < height * width; place++) {
    for (let channel = 0; channel < channels; channel++) {
      const to = isReversed ? channels - 1 - channel : channel;
      for (let n = 0; n < count; n++) kernel[(n * channels + to) * height * width + place] = values[from++];
    }
  }
  return kernel;
}

/** Weights by name: those in half precision as their bits. */
function readConstants(manifest, weights) {
  const constants = new Map();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of manifest.flatMap((group) => group.weights)) {
    const Kind = quantization?.dtype === "float16" ? Uint16Array : dtype === "int32" ? Int32Array : undefined;
    if (!Kind) throw new Error(`${name}: weights of the kind ${dtype} are not known`);
    const sizeBytes = shape.reduce((product, side) => product * side, 1) * Kind.BYTES_PER_ELEMENT;
    // Copied, because typed arrays have to begin at a multiple of their elements' size.
    constants.set(name, {
      shape,
      values: new Kind(Uint8Array.from(weights.subarray(offset, offset + sizeBytes)).buffer),
    });
    offset += sizeBytes;
  }
  if (offset !== weights.length) throw new Error(`${weights.length} bytes of weights instead of ${offset}`);
  return constants;
}

function textOf(attribute) {
  return Buffer.from(attribute.s, "base64").toString();
}

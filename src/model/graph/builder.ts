import { Model, type Attribute, type Node, type Tensor, type ValueInfo } from './onnx/onnx.pb.ts'
import type { BlobRange } from '../types.ts'

/** ONNX's numbers for element types. `u4` is two values a byte, the first in the low half. */
const elementTypes = { f32: 1, u8: 2, i32: 6, i64: 7, f16: 10, u4: 21 } as const
export type ElementType = keyof typeof elementTypes

/** A name stands for a size that is known when the graph runs. */
export type Dimensions = ReadonlyArray<number | string>

export type Attributes = Readonly<Record<string, number | string | { readonly float: number } | readonly number[]>>

const IR_VERSION = 10
const OPERATOR_SET = 21
const CONTRIBUTED = 'com.microsoft'
/** ONNX's attribute types and data locations. */
const [FLOAT, INT, STRING, INTS] = [1, 2, 3, 7]
const EXTERNAL = 1

/** Writes an ONNX graph: each method returns the name of the value it made, to be used as an input. */
export interface GraphBuilder {
  input (name: string, type: ElementType, shape: Dimensions): string
  output (name: string, type: ElementType, shape: Dimensions): void
  /** A constant in the graph itself. One of the same name is made once. */
  constant (name: string, type: ElementType, shape: readonly number[], bytes: () => Uint8Array): string
  /** A constant in a file beside the graph. */
  external (name: string, type: ElementType, shape: readonly number[], file: string, range: BlobRange): string
  /** A constant that is handed over with the graph, in memory. */
  inMemory (name: string, shape: readonly number[], values: Float32Array): string
  /** A node with one output, named after it where no name is given. `''` as input stands for one that is left out. */
  node (operator: string, inputs: readonly string[], attributes?: Attributes, output?: string): string
  /** A node with several outputs; `''` for one that nobody needs. */
  nodes (operator: string, inputs: readonly string[], outputs: readonly string[], attributes?: Attributes): void
  finish (): { readonly model: Uint8Array, readonly values: ReadonlyMap<string, InMemoryValue> }
}

export interface InMemoryValue {
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** Operators of ONNX itself; every other one is contributed by Microsoft. */
const standard = new Set([
  'Add', 'Cast', 'Clip', 'Concat', 'ConstantOfShape', 'DequantizeLinear', 'Div', 'Equal', 'Gather', 'GatherND', 'Identity', 'MatMul', 'Mul', 'NonZero', 'ReduceProd', 'ReduceSum', 'Reshape',
  'ScatterND', 'Shape', 'Sigmoid', 'Slice', 'Softmax', 'Split', 'Tanh', 'TopK', 'Transpose', 'SimplifiedLayerNormalization'
])

export function graphBuilder (name: string): GraphBuilder {
  const node: Node[] = []
  const initializers = new Map<string, Tensor>()
  const input: ValueInfo[] = []
  const output: ValueInfo[] = []
  const values = new Map<string, InMemoryValue>()
  let counter = 0

  const valueInfo = (valueName: string, type: ElementType, shape: Dimensions): ValueInfo => ({
    name: valueName,
    type: { tensorType: { elemType: elementTypes[type], shape: { dim: shape.map((size) => typeof size === 'number' ? { dimValue: size } : { dimParam: size }) } } }
  })

  const nodes: GraphBuilder['nodes'] = (operator, inputs, outputs, attributes = {}) => {
    node.push({
      input: [...inputs],
      output: [...outputs],
      name: `${operator}_${node.length}`,
      opType: operator,
      ...(standard.has(operator) ? {} : { domain: CONTRIBUTED }),
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value))
    })
  }

  return {
    input: (valueName, type, shape) => {
      input.push(valueInfo(valueName, type, shape))
      return valueName
    },
    output: (valueName, type, shape) => { output.push(valueInfo(valueName, type, shape)) },
    constant: (valueName, type, shape, bytes) => {
      if (!initializers.has(valueName)) {
        initializers.set(valueName, { name: valueName, dims: [...shape], dataType: elementTypes[type], rawData: new Uint8Array(bytes()), externalData: [] })
      }
      return valueName
    },
    external: (valueName, type, shape, file, { offset, length }) => {
      initializers.set(valueName, externalTensor(valueName, type, shape, { location: file, offset: String(offset), length: String(length) }))
      return valueName
    },
    inMemory: (valueName, shape, data) => {
      if (!values.has(valueName)) {
        values.set(valueName, { shape, values: data })
        initializers.set(valueName, externalTensor(valueName, 'f32', shape, { location: valueName, offset: '0', length: String(data.byteLength) }))
      }
      return valueName
    },
    node: (operator, inputs, attributes, outputName = `${operator}:${counter++}`) => {
      nodes(operator, inputs, [outputName], attributes)
      return outputName
    },
    nodes,
    finish: () => ({
      model: Model.encode({
        irVersion: IR_VERSION,
        producerName: 'shoal',
        opsetImport: [{ domain: '', version: OPERATOR_SET }, { domain: CONTRIBUTED, version: 1 }],
        graph: { name, node, initializer: [...initializers.values()], input, output }
      }),
      values
    })
  }
}

function attribute (name: string, value: Attributes[string]): Attribute {
  if (typeof value === 'number') {
    return { name, i: value, type: INT, ints: [] }
  }
  if (typeof value === 'string') {
    return { name, s: new TextEncoder().encode(value), type: STRING, ints: [] }
  }
  return 'float' in value ? { name, f: value.float, type: FLOAT, ints: [] } : { name, ints: [...value], type: INTS }
}

function externalTensor (name: string, type: ElementType, shape: readonly number[], where: Readonly<Record<string, string>>): Tensor {
  return {
    name,
    dims: [...shape],
    dataType: elementTypes[type],
    dataLocation: EXTERNAL,
    externalData: Object.entries(where).map(([key, value]) => ({ key, value }))
  }
}

/** Bytes of 64-bit integers, for shapes and axes. */
export const int64Bytes = (...numbers: readonly number[]): Uint8Array => new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer)

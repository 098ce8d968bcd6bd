/**
 * ONNX models of a few bytes, written field by field: tests of the binding must not lean on the graph builder.
 * Field numbers are those of onnx.proto.
 */
export interface TinyTensor {
  name: string
  dtype: number
  shape: readonly number[]
  raw?: Uint8Array
  external?: { location: string, offset: number, length: number }
}

export interface TinyValue { name: string, dtype: number, shape: readonly (number | string)[] }
export interface TinyNode { op: string, inputs: readonly string[], outputs: readonly string[], domain?: string, ints?: Readonly<Record<string, number>> }
export interface TinyGraph { nodes: readonly TinyNode[], inputs: readonly TinyValue[], outputs: readonly TinyValue[], initializers?: readonly TinyTensor[] }

export const F32 = 1

export function tinyOnnx (graph: TinyGraph): Uint8Array {
  return message([
    field(1, 10),
    field(7, message([
      ...graph.nodes.map((node) => field(1, nodeProto(node))),
      field(2, 'tiny'),
      ...(graph.initializers ?? []).map((tensor) => field(5, tensorProto(tensor))),
      ...graph.inputs.map((value) => field(11, valueProto(value))),
      ...graph.outputs.map((value) => field(12, valueProto(value)))
    ])),
    field(8, message([field(1, ''), field(2, 21)])),
    field(8, message([field(1, 'com.microsoft'), field(2, 1)]))
  ])
}

function nodeProto (node: TinyNode): Uint8Array {
  return message([
    ...node.inputs.map((name) => field(1, name)),
    ...node.outputs.map((name) => field(2, name)),
    field(4, node.op),
    ...Object.entries(node.ints ?? {}).map(([name, value]) => field(5, message([field(1, name), field(3, value), field(20, 2)]))),
    field(7, node.domain ?? '')
  ])
}

function tensorProto (tensor: TinyTensor): Uint8Array {
  const external = tensor.external
  return message([
    ...tensor.shape.map((size) => field(1, size)),
    field(2, tensor.dtype),
    field(8, tensor.name),
    ...(tensor.raw === undefined ? [] : [field(9, tensor.raw)]),
    ...(external === undefined ? [] : [
      ...Object.entries(external).map(([key, value]) => field(13, message([field(1, key), field(2, String(value))]))),
      field(14, 1)
    ])
  ])
}

function valueProto (value: TinyValue): Uint8Array {
  const dimensions = value.shape.map((size) => field(1, typeof size === 'number' ? message([field(1, size)]) : message([field(2, size)])))
  return message([
    field(1, value.name),
    field(2, message([field(1, message([field(1, value.dtype), field(2, message(dimensions))]))]))
  ])
}

function field (number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return message([varint(number << 3), varint(value)])
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  return message([varint(number << 3 | 2), varint(bytes.length), bytes])
}

function varint (value: number): Uint8Array {
  const bytes = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128)
  return Uint8Array.from([...bytes, value])
}

function message (parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

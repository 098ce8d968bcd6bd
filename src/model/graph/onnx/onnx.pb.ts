// @ts-nocheck generated
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Attribute {
  name?: string
  f?: number
  i?: number
  s?: Uint8Array<ArrayBuffer>
  ints: number[]
  type?: number
}

export namespace Attribute {
  let _codec: Codec<Attribute>

  export const codec = (): Codec<Attribute> => {
    if (_codec == null) {
      _codec = message<Attribute>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.name != null) {
          w.uint32(10)
          w.string(obj.name)
        }

        if (obj.f != null) {
          w.uint32(21)
          w.float(obj.f)
        }

        if (obj.i != null) {
          w.uint32(24)
          w.int64Number(obj.i)
        }

        if (obj.s != null) {
          w.uint32(34)
          w.bytes(obj.s)
        }

        if (obj.ints != null && obj.ints.length > 0) {
          for (const value of obj.ints) {
            w.uint32(64)
            w.int64Number(value)
          }
        }

        if (obj.type != null) {
          w.uint32(160)
          w.int32(obj.type)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          ints: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.f = reader.float()
              break
            }
            case 3: {
              obj.i = reader.int64Number()
              break
            }
            case 4: {
              obj.s = reader.bytes()
              break
            }
            case 8: {
              if (opts.limits?.ints != null && obj.ints.length === opts.limits.ints) {
                throw new MaxLengthError('Decode error - repeated field "ints" had too many elements')
              }

              obj.ints.push(reader.int64Number())
              break
            }
            case 20: {
              obj.type = reader.int32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ints: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.f`,
                value: reader.float()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.i`,
                value: reader.int64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.s`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              if (opts.limits?.ints != null && obj.ints === opts.limits.ints) {
                throw new MaxLengthError('Streaming decode error - repeated field "ints" had too many elements')
              }

              yield {
                field: `${prefix}.ints[]`,
                index: obj.ints,
                value: reader.int64Number()
              }

              obj.ints++

              break
            }
            case 20: {
              yield {
                field: `${prefix}.type`,
                value: reader.int32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AttributeNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface AttributeFFieldEvent {
    field: '$.f'
    value: number
  }

  export interface AttributeIFieldEvent {
    field: '$.i'
    value: number
  }

  export interface AttributeSFieldEvent {
    field: '$.s'
    value: Uint8Array<ArrayBuffer>
  }

  export interface AttributeIntsFieldEvent {
    field: '$.ints[]'
    index: number
    value: number
  }

  export interface AttributeTypeFieldEvent {
    field: '$.type'
    value: number
  }

  export function encode (obj: Partial<Attribute>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Attribute.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Attribute>): Attribute {
    return decodeMessage(buf, Attribute.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Attribute>): Generator<AttributeNameFieldEvent | AttributeFFieldEvent | AttributeIFieldEvent | AttributeSFieldEvent | AttributeIntsFieldEvent | AttributeTypeFieldEvent> {
    return streamMessage(buf, Attribute.codec(), opts)
  }
}

export interface Node {
  input: string[]
  output: string[]
  name?: string
  opType?: string
  attribute: Attribute[]
  domain?: string
}

export namespace Node {
  let _codec: Codec<Node>

  export const codec = (): Codec<Node> => {
    if (_codec == null) {
      _codec = message<Node>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.input != null && obj.input.length > 0) {
          for (const value of obj.input) {
            w.uint32(10)
            w.string(value)
          }
        }

        if (obj.output != null && obj.output.length > 0) {
          for (const value of obj.output) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.name != null) {
          w.uint32(26)
          w.string(obj.name)
        }

        if (obj.opType != null) {
          w.uint32(34)
          w.string(obj.opType)
        }

        if (obj.attribute != null && obj.attribute.length > 0) {
          for (const value of obj.attribute) {
            w.uint32(42)
            Attribute.codec().encode(value, w)
          }
        }

        if (obj.domain != null) {
          w.uint32(58)
          w.string(obj.domain)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          input: [],
          output: [],
          attribute: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.input != null && obj.input.length === opts.limits.input) {
                throw new MaxLengthError('Decode error - repeated field "input" had too many elements')
              }

              obj.input.push(reader.string())
              break
            }
            case 2: {
              if (opts.limits?.output != null && obj.output.length === opts.limits.output) {
                throw new MaxLengthError('Decode error - repeated field "output" had too many elements')
              }

              obj.output.push(reader.string())
              break
            }
            case 3: {
              obj.name = reader.string()
              break
            }
            case 4: {
              obj.opType = reader.string()
              break
            }
            case 5: {
              if (opts.limits?.attribute != null && obj.attribute.length === opts.limits.attribute) {
                throw new MaxLengthError('Decode error - repeated field "attribute" had too many elements')
              }

              obj.attribute.push(Attribute.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.attribute$
              }))
              break
            }
            case 7: {
              obj.domain = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          input: 0,
          output: 0,
          attribute: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.input != null && obj.input === opts.limits.input) {
                throw new MaxLengthError('Streaming decode error - repeated field "input" had too many elements')
              }

              yield {
                field: `${prefix}.input[]`,
                index: obj.input,
                value: reader.string()
              }

              obj.input++

              break
            }
            case 2: {
              if (opts.limits?.output != null && obj.output === opts.limits.output) {
                throw new MaxLengthError('Streaming decode error - repeated field "output" had too many elements')
              }

              yield {
                field: `${prefix}.output[]`,
                index: obj.output,
                value: reader.string()
              }

              obj.output++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.opType`,
                value: reader.string()
              }
              break
            }
            case 5: {
              if (opts.limits?.attribute != null && obj.attribute === opts.limits.attribute) {
                throw new MaxLengthError('Streaming decode error - repeated field "attribute" had too many elements')
              }

              for (const evt of Attribute.codec().stream(reader, reader.uint32(), `${prefix}.attribute[]`, {
                limits: opts.limits?.attribute$
              })) {
                yield {
                  ...evt,
                  index: obj.attribute
                }
              }

              obj.attribute++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.domain`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface NodeInputFieldEvent {
    field: '$.input[]'
    index: number
    value: string
  }

  export interface NodeOutputFieldEvent {
    field: '$.output[]'
    index: number
    value: string
  }

  export interface NodeNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface NodeOpTypeFieldEvent {
    field: '$.opType'
    value: string
  }

  export interface NodeAttributeNameFieldEvent {
    field: '$.attribute[].name'
    value: string
    index: number
  }

  export interface NodeAttributeFFieldEvent {
    field: '$.attribute[].f'
    value: number
    index: number
  }

  export interface NodeAttributeIFieldEvent {
    field: '$.attribute[].i'
    value: number
    index: number
  }

  export interface NodeAttributeSFieldEvent {
    field: '$.attribute[].s'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface NodeAttributeIntsFieldEvent {
    field: '$.attribute[].ints[]'
    index: number
    value: number
  }

  export interface NodeAttributeTypeFieldEvent {
    field: '$.attribute[].type'
    value: number
    index: number
  }

  export interface NodeDomainFieldEvent {
    field: '$.domain'
    value: string
  }

  export function encode (obj: Partial<Node>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Node.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Node>): Node {
    return decodeMessage(buf, Node.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Node>): Generator<NodeInputFieldEvent | NodeOutputFieldEvent | NodeNameFieldEvent | NodeOpTypeFieldEvent | NodeAttributeNameFieldEvent | NodeAttributeFFieldEvent | NodeAttributeIFieldEvent | NodeAttributeSFieldEvent | NodeAttributeIntsFieldEvent | NodeAttributeTypeFieldEvent | NodeDomainFieldEvent> {
    return streamMessage(buf, Node.codec(), opts)
  }
}

export interface StringStringEntry {
  key?: string
  value?: string
}

export namespace StringStringEntry {
  let _codec: Codec<StringStringEntry>

  export const codec = (): Codec<StringStringEntry> => {
    if (_codec == null) {
      _codec = message<StringStringEntry>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.key != null) {
          w.uint32(10)
          w.string(obj.key)
        }

        if (obj.value != null) {
          w.uint32(18)
          w.string(obj.value)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.string()
              break
            }
            case 2: {
              obj.value = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.key`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.value`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StringStringEntryKeyFieldEvent {
    field: '$.key'
    value: string
  }

  export interface StringStringEntryValueFieldEvent {
    field: '$.value'
    value: string
  }

  export function encode (obj: Partial<StringStringEntry>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, StringStringEntry.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StringStringEntry>): StringStringEntry {
    return decodeMessage(buf, StringStringEntry.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StringStringEntry>): Generator<StringStringEntryKeyFieldEvent | StringStringEntryValueFieldEvent> {
    return streamMessage(buf, StringStringEntry.codec(), opts)
  }
}

export interface Tensor {
  dims: number[]
  dataType?: number
  name?: string
  rawData?: Uint8Array<ArrayBuffer>
  externalData: StringStringEntry[]
  dataLocation?: number
}

export namespace Tensor {
  let _codec: Codec<Tensor>

  export const codec = (): Codec<Tensor> => {
    if (_codec == null) {
      _codec = message<Tensor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.dims != null && obj.dims.length > 0) {
          for (const value of obj.dims) {
            w.uint32(8)
            w.int64Number(value)
          }
        }

        if (obj.dataType != null) {
          w.uint32(16)
          w.int32(obj.dataType)
        }

        if (obj.name != null) {
          w.uint32(66)
          w.string(obj.name)
        }

        if (obj.rawData != null) {
          w.uint32(74)
          w.bytes(obj.rawData)
        }

        if (obj.externalData != null && obj.externalData.length > 0) {
          for (const value of obj.externalData) {
            w.uint32(106)
            StringStringEntry.codec().encode(value, w)
          }
        }

        if (obj.dataLocation != null) {
          w.uint32(112)
          w.int32(obj.dataLocation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          dims: [],
          externalData: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.dims != null && obj.dims.length === opts.limits.dims) {
                throw new MaxLengthError('Decode error - repeated field "dims" had too many elements')
              }

              obj.dims.push(reader.int64Number())
              break
            }
            case 2: {
              obj.dataType = reader.int32()
              break
            }
            case 8: {
              obj.name = reader.string()
              break
            }
            case 9: {
              obj.rawData = reader.bytes()
              break
            }
            case 13: {
              if (opts.limits?.externalData != null && obj.externalData.length === opts.limits.externalData) {
                throw new MaxLengthError('Decode error - repeated field "externalData" had too many elements')
              }

              obj.externalData.push(StringStringEntry.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.externalData$
              }))
              break
            }
            case 14: {
              obj.dataLocation = reader.int32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          dims: 0,
          externalData: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.dims != null && obj.dims === opts.limits.dims) {
                throw new MaxLengthError('Streaming decode error - repeated field "dims" had too many elements')
              }

              yield {
                field: `${prefix}.dims[]`,
                index: obj.dims,
                value: reader.int64Number()
              }

              obj.dims++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.dataType`,
                value: reader.int32()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.rawData`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              if (opts.limits?.externalData != null && obj.externalData === opts.limits.externalData) {
                throw new MaxLengthError('Streaming decode error - repeated field "externalData" had too many elements')
              }

              for (const evt of StringStringEntry.codec().stream(reader, reader.uint32(), `${prefix}.externalData[]`, {
                limits: opts.limits?.externalData$
              })) {
                yield {
                  ...evt,
                  index: obj.externalData
                }
              }

              obj.externalData++

              break
            }
            case 14: {
              yield {
                field: `${prefix}.dataLocation`,
                value: reader.int32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TensorDimsFieldEvent {
    field: '$.dims[]'
    index: number
    value: number
  }

  export interface TensorDataTypeFieldEvent {
    field: '$.dataType'
    value: number
  }

  export interface TensorNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface TensorRawDataFieldEvent {
    field: '$.rawData'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TensorExternalDataKeyFieldEvent {
    field: '$.externalData[].key'
    value: string
    index: number
  }

  export interface TensorExternalDataValueFieldEvent {
    field: '$.externalData[].value'
    value: string
    index: number
  }

  export interface TensorDataLocationFieldEvent {
    field: '$.dataLocation'
    value: number
  }

  export function encode (obj: Partial<Tensor>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Tensor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tensor>): Tensor {
    return decodeMessage(buf, Tensor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tensor>): Generator<TensorDimsFieldEvent | TensorDataTypeFieldEvent | TensorNameFieldEvent | TensorRawDataFieldEvent | TensorExternalDataKeyFieldEvent | TensorExternalDataValueFieldEvent | TensorDataLocationFieldEvent> {
    return streamMessage(buf, Tensor.codec(), opts)
  }
}

export interface Dimension {
  dimValue?: number
  dimParam?: string
}

export namespace Dimension {
  let _codec: Codec<Dimension>

  export const codec = (): Codec<Dimension> => {
    if (_codec == null) {
      _codec = message<Dimension>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.dimValue != null) {
          w.uint32(8)
          w.int64Number(obj.dimValue)
        }

        if (obj.dimParam != null) {
          w.uint32(18)
          w.string(obj.dimParam)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.dimValue = reader.int64Number()
              break
            }
            case 2: {
              obj.dimParam = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.dimValue`,
                value: reader.int64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.dimParam`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DimensionDimValueFieldEvent {
    field: '$.dimValue'
    value: number
  }

  export interface DimensionDimParamFieldEvent {
    field: '$.dimParam'
    value: string
  }

  export function encode (obj: Partial<Dimension>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Dimension.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dimension>): Dimension {
    return decodeMessage(buf, Dimension.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Dimension>): Generator<DimensionDimValueFieldEvent | DimensionDimParamFieldEvent> {
    return streamMessage(buf, Dimension.codec(), opts)
  }
}

export interface Shape {
  dim: Dimension[]
}

export namespace Shape {
  let _codec: Codec<Shape>

  export const codec = (): Codec<Shape> => {
    if (_codec == null) {
      _codec = message<Shape>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.dim != null && obj.dim.length > 0) {
          for (const value of obj.dim) {
            w.uint32(10)
            Dimension.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          dim: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.dim != null && obj.dim.length === opts.limits.dim) {
                throw new MaxLengthError('Decode error - repeated field "dim" had too many elements')
              }

              obj.dim.push(Dimension.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.dim$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          dim: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.dim != null && obj.dim === opts.limits.dim) {
                throw new MaxLengthError('Streaming decode error - repeated field "dim" had too many elements')
              }

              for (const evt of Dimension.codec().stream(reader, reader.uint32(), `${prefix}.dim[]`, {
                limits: opts.limits?.dim$
              })) {
                yield {
                  ...evt,
                  index: obj.dim
                }
              }

              obj.dim++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ShapeDimDimValueFieldEvent {
    field: '$.dim[].dimValue'
    value: number
    index: number
  }

  export interface ShapeDimDimParamFieldEvent {
    field: '$.dim[].dimParam'
    value: string
    index: number
  }

  export function encode (obj: Partial<Shape>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Shape.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shape>): Shape {
    return decodeMessage(buf, Shape.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shape>): Generator<ShapeDimDimValueFieldEvent | ShapeDimDimParamFieldEvent> {
    return streamMessage(buf, Shape.codec(), opts)
  }
}

export interface TensorType {
  elemType?: number
  shape?: Shape
}

export namespace TensorType {
  let _codec: Codec<TensorType>

  export const codec = (): Codec<TensorType> => {
    if (_codec == null) {
      _codec = message<TensorType>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.elemType != null) {
          w.uint32(8)
          w.int32(obj.elemType)
        }

        if (obj.shape != null) {
          w.uint32(18)
          Shape.codec().encode(obj.shape, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.elemType = reader.int32()
              break
            }
            case 2: {
              obj.shape = Shape.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.shape
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.elemType`,
                value: reader.int32()
              }
              break
            }
            case 2: {
              yield * Shape.codec().stream(reader, reader.uint32(), `${prefix}.shape`, {
                limits: opts.limits?.shape
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TensorTypeElemTypeFieldEvent {
    field: '$.elemType'
    value: number
  }

  export interface TensorTypeShapeDimDimValueFieldEvent {
    field: '$.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface TensorTypeShapeDimDimParamFieldEvent {
    field: '$.shape.dim[].dimParam'
    value: string
    index: number
  }

  export function encode (obj: Partial<TensorType>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TensorType.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TensorType>): TensorType {
    return decodeMessage(buf, TensorType.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TensorType>): Generator<TensorTypeElemTypeFieldEvent | TensorTypeShapeDimDimValueFieldEvent | TensorTypeShapeDimDimParamFieldEvent> {
    return streamMessage(buf, TensorType.codec(), opts)
  }
}

export interface Type {
  tensorType?: TensorType
}

export namespace Type {
  let _codec: Codec<Type>

  export const codec = (): Codec<Type> => {
    if (_codec == null) {
      _codec = message<Type>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.tensorType != null) {
          w.uint32(10)
          TensorType.codec().encode(obj.tensorType, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tensorType = TensorType.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tensorType
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * TensorType.codec().stream(reader, reader.uint32(), `${prefix}.tensorType`, {
                limits: opts.limits?.tensorType
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TypeTensorTypeElemTypeFieldEvent {
    field: '$.tensorType.elemType'
    value: number
  }

  export interface TypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface TypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export function encode (obj: Partial<Type>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Type.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Type>): Type {
    return decodeMessage(buf, Type.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Type>): Generator<TypeTensorTypeElemTypeFieldEvent | TypeTensorTypeShapeDimDimValueFieldEvent | TypeTensorTypeShapeDimDimParamFieldEvent> {
    return streamMessage(buf, Type.codec(), opts)
  }
}

export interface ValueInfo {
  name?: string
  type?: Type
}

export namespace ValueInfo {
  let _codec: Codec<ValueInfo>

  export const codec = (): Codec<ValueInfo> => {
    if (_codec == null) {
      _codec = message<ValueInfo>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.name != null) {
          w.uint32(10)
          w.string(obj.name)
        }

        if (obj.type != null) {
          w.uint32(18)
          Type.codec().encode(obj.type, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.name = reader.string()
              break
            }
            case 2: {
              obj.type = Type.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.type
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield * Type.codec().stream(reader, reader.uint32(), `${prefix}.type`, {
                limits: opts.limits?.type
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ValueInfoNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ValueInfoTypeTensorTypeElemTypeFieldEvent {
    field: '$.type.tensorType.elemType'
    value: number
  }

  export interface ValueInfoTypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.type.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface ValueInfoTypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.type.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export function encode (obj: Partial<ValueInfo>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ValueInfo.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ValueInfo>): ValueInfo {
    return decodeMessage(buf, ValueInfo.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ValueInfo>): Generator<ValueInfoNameFieldEvent | ValueInfoTypeTensorTypeElemTypeFieldEvent | ValueInfoTypeTensorTypeShapeDimDimValueFieldEvent | ValueInfoTypeTensorTypeShapeDimDimParamFieldEvent> {
    return streamMessage(buf, ValueInfo.codec(), opts)
  }
}

export interface Graph {
  node: Node[]
  name?: string
  initializer: Tensor[]
  input: ValueInfo[]
  output: ValueInfo[]
}

export namespace Graph {
  let _codec: Codec<Graph>

  export const codec = (): Codec<Graph> => {
    if (_codec == null) {
      _codec = message<Graph>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.node != null && obj.node.length > 0) {
          for (const value of obj.node) {
            w.uint32(10)
            Node.codec().encode(value, w)
          }
        }

        if (obj.name != null) {
          w.uint32(18)
          w.string(obj.name)
        }

        if (obj.initializer != null && obj.initializer.length > 0) {
          for (const value of obj.initializer) {
            w.uint32(42)
            Tensor.codec().encode(value, w)
          }
        }

        if (obj.input != null && obj.input.length > 0) {
          for (const value of obj.input) {
            w.uint32(90)
            ValueInfo.codec().encode(value, w)
          }
        }

        if (obj.output != null && obj.output.length > 0) {
          for (const value of obj.output) {
            w.uint32(98)
            ValueInfo.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          node: [],
          initializer: [],
          input: [],
          output: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.node != null && obj.node.length === opts.limits.node) {
                throw new MaxLengthError('Decode error - repeated field "node" had too many elements')
              }

              obj.node.push(Node.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.node$
              }))
              break
            }
            case 2: {
              obj.name = reader.string()
              break
            }
            case 5: {
              if (opts.limits?.initializer != null && obj.initializer.length === opts.limits.initializer) {
                throw new MaxLengthError('Decode error - repeated field "initializer" had too many elements')
              }

              obj.initializer.push(Tensor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.initializer$
              }))
              break
            }
            case 11: {
              if (opts.limits?.input != null && obj.input.length === opts.limits.input) {
                throw new MaxLengthError('Decode error - repeated field "input" had too many elements')
              }

              obj.input.push(ValueInfo.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.input$
              }))
              break
            }
            case 12: {
              if (opts.limits?.output != null && obj.output.length === opts.limits.output) {
                throw new MaxLengthError('Decode error - repeated field "output" had too many elements')
              }

              obj.output.push(ValueInfo.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.output$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          node: 0,
          initializer: 0,
          input: 0,
          output: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.node != null && obj.node === opts.limits.node) {
                throw new MaxLengthError('Streaming decode error - repeated field "node" had too many elements')
              }

              for (const evt of Node.codec().stream(reader, reader.uint32(), `${prefix}.node[]`, {
                limits: opts.limits?.node$
              })) {
                yield {
                  ...evt,
                  index: obj.node
                }
              }

              obj.node++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 5: {
              if (opts.limits?.initializer != null && obj.initializer === opts.limits.initializer) {
                throw new MaxLengthError('Streaming decode error - repeated field "initializer" had too many elements')
              }

              for (const evt of Tensor.codec().stream(reader, reader.uint32(), `${prefix}.initializer[]`, {
                limits: opts.limits?.initializer$
              })) {
                yield {
                  ...evt,
                  index: obj.initializer
                }
              }

              obj.initializer++

              break
            }
            case 11: {
              if (opts.limits?.input != null && obj.input === opts.limits.input) {
                throw new MaxLengthError('Streaming decode error - repeated field "input" had too many elements')
              }

              for (const evt of ValueInfo.codec().stream(reader, reader.uint32(), `${prefix}.input[]`, {
                limits: opts.limits?.input$
              })) {
                yield {
                  ...evt,
                  index: obj.input
                }
              }

              obj.input++

              break
            }
            case 12: {
              if (opts.limits?.output != null && obj.output === opts.limits.output) {
                throw new MaxLengthError('Streaming decode error - repeated field "output" had too many elements')
              }

              for (const evt of ValueInfo.codec().stream(reader, reader.uint32(), `${prefix}.output[]`, {
                limits: opts.limits?.output$
              })) {
                yield {
                  ...evt,
                  index: obj.output
                }
              }

              obj.output++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface GraphNodeInputFieldEvent {
    field: '$.node[].input[]'
    index: number
    value: string
  }

  export interface GraphNodeOutputFieldEvent {
    field: '$.node[].output[]'
    index: number
    value: string
  }

  export interface GraphNodeNameFieldEvent {
    field: '$.node[].name'
    value: string
    index: number
  }

  export interface GraphNodeOpTypeFieldEvent {
    field: '$.node[].opType'
    value: string
    index: number
  }

  export interface GraphNodeAttributeNameFieldEvent {
    field: '$.node[].attribute[].name'
    value: string
    index: number
  }

  export interface GraphNodeAttributeFFieldEvent {
    field: '$.node[].attribute[].f'
    value: number
    index: number
  }

  export interface GraphNodeAttributeIFieldEvent {
    field: '$.node[].attribute[].i'
    value: number
    index: number
  }

  export interface GraphNodeAttributeSFieldEvent {
    field: '$.node[].attribute[].s'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface GraphNodeAttributeIntsFieldEvent {
    field: '$.node[].attribute[].ints[]'
    index: number
    value: number
  }

  export interface GraphNodeAttributeTypeFieldEvent {
    field: '$.node[].attribute[].type'
    value: number
    index: number
  }

  export interface GraphNodeDomainFieldEvent {
    field: '$.node[].domain'
    value: string
    index: number
  }

  export interface GraphNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface GraphInitializerDimsFieldEvent {
    field: '$.initializer[].dims[]'
    index: number
    value: number
  }

  export interface GraphInitializerDataTypeFieldEvent {
    field: '$.initializer[].dataType'
    value: number
    index: number
  }

  export interface GraphInitializerNameFieldEvent {
    field: '$.initializer[].name'
    value: string
    index: number
  }

  export interface GraphInitializerRawDataFieldEvent {
    field: '$.initializer[].rawData'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface GraphInitializerExternalDataKeyFieldEvent {
    field: '$.initializer[].externalData[].key'
    value: string
    index: number
  }

  export interface GraphInitializerExternalDataValueFieldEvent {
    field: '$.initializer[].externalData[].value'
    value: string
    index: number
  }

  export interface GraphInitializerDataLocationFieldEvent {
    field: '$.initializer[].dataLocation'
    value: number
    index: number
  }

  export interface GraphInputNameFieldEvent {
    field: '$.input[].name'
    value: string
    index: number
  }

  export interface GraphInputTypeTensorTypeElemTypeFieldEvent {
    field: '$.input[].type.tensorType.elemType'
    value: number
    index: number
  }

  export interface GraphInputTypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.input[].type.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface GraphInputTypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.input[].type.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export interface GraphOutputNameFieldEvent {
    field: '$.output[].name'
    value: string
    index: number
  }

  export interface GraphOutputTypeTensorTypeElemTypeFieldEvent {
    field: '$.output[].type.tensorType.elemType'
    value: number
    index: number
  }

  export interface GraphOutputTypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.output[].type.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface GraphOutputTypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.output[].type.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export function encode (obj: Partial<Graph>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Graph.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Graph>): Graph {
    return decodeMessage(buf, Graph.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Graph>): Generator<GraphNodeInputFieldEvent | GraphNodeOutputFieldEvent | GraphNodeNameFieldEvent | GraphNodeOpTypeFieldEvent | GraphNodeAttributeNameFieldEvent | GraphNodeAttributeFFieldEvent | GraphNodeAttributeIFieldEvent | GraphNodeAttributeSFieldEvent | GraphNodeAttributeIntsFieldEvent | GraphNodeAttributeTypeFieldEvent | GraphNodeDomainFieldEvent | GraphNameFieldEvent | GraphInitializerDimsFieldEvent | GraphInitializerDataTypeFieldEvent | GraphInitializerNameFieldEvent | GraphInitializerRawDataFieldEvent | GraphInitializerExternalDataKeyFieldEvent | GraphInitializerExternalDataValueFieldEvent | GraphInitializerDataLocationFieldEvent | GraphInputNameFieldEvent | GraphInputTypeTensorTypeElemTypeFieldEvent | GraphInputTypeTensorTypeShapeDimDimValueFieldEvent | GraphInputTypeTensorTypeShapeDimDimParamFieldEvent | GraphOutputNameFieldEvent | GraphOutputTypeTensorTypeElemTypeFieldEvent | GraphOutputTypeTensorTypeShapeDimDimValueFieldEvent | GraphOutputTypeTensorTypeShapeDimDimParamFieldEvent> {
    return streamMessage(buf, Graph.codec(), opts)
  }
}

export interface OperatorSet {
  domain?: string
  version?: number
}

export namespace OperatorSet {
  let _codec: Codec<OperatorSet>

  export const codec = (): Codec<OperatorSet> => {
    if (_codec == null) {
      _codec = message<OperatorSet>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.domain != null) {
          w.uint32(10)
          w.string(obj.domain)
        }

        if (obj.version != null) {
          w.uint32(16)
          w.int64Number(obj.version)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.domain = reader.string()
              break
            }
            case 2: {
              obj.version = reader.int64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.domain`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.version`,
                value: reader.int64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface OperatorSetDomainFieldEvent {
    field: '$.domain'
    value: string
  }

  export interface OperatorSetVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export function encode (obj: Partial<OperatorSet>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, OperatorSet.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OperatorSet>): OperatorSet {
    return decodeMessage(buf, OperatorSet.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OperatorSet>): Generator<OperatorSetDomainFieldEvent | OperatorSetVersionFieldEvent> {
    return streamMessage(buf, OperatorSet.codec(), opts)
  }
}

export interface Model {
  irVersion?: number
  producerName?: string
  graph?: Graph
  opsetImport: OperatorSet[]
}

export namespace Model {
  let _codec: Codec<Model>

  export const codec = (): Codec<Model> => {
    if (_codec == null) {
      _codec = message<Model>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.irVersion != null) {
          w.uint32(8)
          w.int64Number(obj.irVersion)
        }

        if (obj.producerName != null) {
          w.uint32(18)
          w.string(obj.producerName)
        }

        if (obj.graph != null) {
          w.uint32(58)
          Graph.codec().encode(obj.graph, w)
        }

        if (obj.opsetImport != null && obj.opsetImport.length > 0) {
          for (const value of obj.opsetImport) {
            w.uint32(66)
            OperatorSet.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          opsetImport: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.irVersion = reader.int64Number()
              break
            }
            case 2: {
              obj.producerName = reader.string()
              break
            }
            case 7: {
              obj.graph = Graph.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.graph
              })
              break
            }
            case 8: {
              if (opts.limits?.opsetImport != null && obj.opsetImport.length === opts.limits.opsetImport) {
                throw new MaxLengthError('Decode error - repeated field "opsetImport" had too many elements')
              }

              obj.opsetImport.push(OperatorSet.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.opsetImport$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          opsetImport: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.irVersion`,
                value: reader.int64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.producerName`,
                value: reader.string()
              }
              break
            }
            case 7: {
              yield * Graph.codec().stream(reader, reader.uint32(), `${prefix}.graph`, {
                limits: opts.limits?.graph
              })

              break
            }
            case 8: {
              if (opts.limits?.opsetImport != null && obj.opsetImport === opts.limits.opsetImport) {
                throw new MaxLengthError('Streaming decode error - repeated field "opsetImport" had too many elements')
              }

              for (const evt of OperatorSet.codec().stream(reader, reader.uint32(), `${prefix}.opsetImport[]`, {
                limits: opts.limits?.opsetImport$
              })) {
                yield {
                  ...evt,
                  index: obj.opsetImport
                }
              }

              obj.opsetImport++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ModelIrVersionFieldEvent {
    field: '$.irVersion'
    value: number
  }

  export interface ModelProducerNameFieldEvent {
    field: '$.producerName'
    value: string
  }

  export interface ModelGraphNodeInputFieldEvent {
    field: '$.graph.node[].input[]'
    index: number
    value: string
  }

  export interface ModelGraphNodeOutputFieldEvent {
    field: '$.graph.node[].output[]'
    index: number
    value: string
  }

  export interface ModelGraphNodeNameFieldEvent {
    field: '$.graph.node[].name'
    value: string
    index: number
  }

  export interface ModelGraphNodeOpTypeFieldEvent {
    field: '$.graph.node[].opType'
    value: string
    index: number
  }

  export interface ModelGraphNodeAttributeNameFieldEvent {
    field: '$.graph.node[].attribute[].name'
    value: string
    index: number
  }

  export interface ModelGraphNodeAttributeFFieldEvent {
    field: '$.graph.node[].attribute[].f'
    value: number
    index: number
  }

  export interface ModelGraphNodeAttributeIFieldEvent {
    field: '$.graph.node[].attribute[].i'
    value: number
    index: number
  }

  export interface ModelGraphNodeAttributeSFieldEvent {
    field: '$.graph.node[].attribute[].s'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ModelGraphNodeAttributeIntsFieldEvent {
    field: '$.graph.node[].attribute[].ints[]'
    index: number
    value: number
  }

  export interface ModelGraphNodeAttributeTypeFieldEvent {
    field: '$.graph.node[].attribute[].type'
    value: number
    index: number
  }

  export interface ModelGraphNodeDomainFieldEvent {
    field: '$.graph.node[].domain'
    value: string
    index: number
  }

  export interface ModelGraphNameFieldEvent {
    field: '$.graph.name'
    value: string
  }

  export interface ModelGraphInitializerDimsFieldEvent {
    field: '$.graph.initializer[].dims[]'
    index: number
    value: number
  }

  export interface ModelGraphInitializerDataTypeFieldEvent {
    field: '$.graph.initializer[].dataType'
    value: number
    index: number
  }

  export interface ModelGraphInitializerNameFieldEvent {
    field: '$.graph.initializer[].name'
    value: string
    index: number
  }

  export interface ModelGraphInitializerRawDataFieldEvent {
    field: '$.graph.initializer[].rawData'
    value: Uint8Array<ArrayBuffer>
    index: number
  }

  export interface ModelGraphInitializerExternalDataKeyFieldEvent {
    field: '$.graph.initializer[].externalData[].key'
    value: string
    index: number
  }

  export interface ModelGraphInitializerExternalDataValueFieldEvent {
    field: '$.graph.initializer[].externalData[].value'
    value: string
    index: number
  }

  export interface ModelGraphInitializerDataLocationFieldEvent {
    field: '$.graph.initializer[].dataLocation'
    value: number
    index: number
  }

  export interface ModelGraphInputNameFieldEvent {
    field: '$.graph.input[].name'
    value: string
    index: number
  }

  export interface ModelGraphInputTypeTensorTypeElemTypeFieldEvent {
    field: '$.graph.input[].type.tensorType.elemType'
    value: number
    index: number
  }

  export interface ModelGraphInputTypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.graph.input[].type.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface ModelGraphInputTypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.graph.input[].type.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export interface ModelGraphOutputNameFieldEvent {
    field: '$.graph.output[].name'
    value: string
    index: number
  }

  export interface ModelGraphOutputTypeTensorTypeElemTypeFieldEvent {
    field: '$.graph.output[].type.tensorType.elemType'
    value: number
    index: number
  }

  export interface ModelGraphOutputTypeTensorTypeShapeDimDimValueFieldEvent {
    field: '$.graph.output[].type.tensorType.shape.dim[].dimValue'
    value: number
    index: number
  }

  export interface ModelGraphOutputTypeTensorTypeShapeDimDimParamFieldEvent {
    field: '$.graph.output[].type.tensorType.shape.dim[].dimParam'
    value: string
    index: number
  }

  export interface ModelOpsetImportDomainFieldEvent {
    field: '$.opsetImport[].domain'
    value: string
    index: number
  }

  export interface ModelOpsetImportVersionFieldEvent {
    field: '$.opsetImport[].version'
    value: number
    index: number
  }

  export function encode (obj: Partial<Model>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Model.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Model>): Model {
    return decodeMessage(buf, Model.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Model>): Generator<ModelIrVersionFieldEvent | ModelProducerNameFieldEvent | ModelGraphNodeInputFieldEvent | ModelGraphNodeOutputFieldEvent | ModelGraphNodeNameFieldEvent | ModelGraphNodeOpTypeFieldEvent | ModelGraphNodeAttributeNameFieldEvent | ModelGraphNodeAttributeFFieldEvent | ModelGraphNodeAttributeIFieldEvent | ModelGraphNodeAttributeSFieldEvent | ModelGraphNodeAttributeIntsFieldEvent | ModelGraphNodeAttributeTypeFieldEvent | ModelGraphNodeDomainFieldEvent | ModelGraphNameFieldEvent | ModelGraphInitializerDimsFieldEvent | ModelGraphInitializerDataTypeFieldEvent | ModelGraphInitializerNameFieldEvent | ModelGraphInitializerRawDataFieldEvent | ModelGraphInitializerExternalDataKeyFieldEvent | ModelGraphInitializerExternalDataValueFieldEvent | ModelGraphInitializerDataLocationFieldEvent | ModelGraphInputNameFieldEvent | ModelGraphInputTypeTensorTypeElemTypeFieldEvent | ModelGraphInputTypeTensorTypeShapeDimDimValueFieldEvent | ModelGraphInputTypeTensorTypeShapeDimDimParamFieldEvent | ModelGraphOutputNameFieldEvent | ModelGraphOutputTypeTensorTypeElemTypeFieldEvent | ModelGraphOutputTypeTensorTypeShapeDimDimValueFieldEvent | ModelGraphOutputTypeTensorTypeShapeDimDimParamFieldEvent | ModelOpsetImportDomainFieldEvent | ModelOpsetImportVersionFieldEvent> {
    return streamMessage(buf, Model.codec(), opts)
  }
}

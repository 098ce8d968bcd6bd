// @ts-nocheck generated
import { decodeMessage, encodeMessage, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface NodeRecord {
  peerId: string
  seq: bigint
  expiresAtMs: bigint
  gone: boolean
  name: string
  version: string
  deviceKind: string
  deviceLabel: string
  memoryBytes: bigint
  numericClass: string
  protocols: string[]
  addresses: string[]
  spans: SpanRecord[]
  offers: OfferRecord[]
}

export namespace NodeRecord {
  let _codec: Codec<NodeRecord>

  export const codec = (): Codec<NodeRecord> => {
    if (_codec == null) {
      _codec = message<NodeRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.seq != null && obj.seq !== 0n)) {
          w.uint32(16)
          w.uint64(obj.seq)
        }

        if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0n)) {
          w.uint32(24)
          w.uint64(obj.expiresAtMs)
        }

        if ((obj.gone != null && obj.gone !== false)) {
          w.uint32(32)
          w.bool(obj.gone)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(42)
          w.string(obj.name)
        }

        if ((obj.version != null && obj.version !== '')) {
          w.uint32(50)
          w.string(obj.version)
        }

        if ((obj.deviceKind != null && obj.deviceKind !== '')) {
          w.uint32(58)
          w.string(obj.deviceKind)
        }

        if ((obj.deviceLabel != null && obj.deviceLabel !== '')) {
          w.uint32(66)
          w.string(obj.deviceLabel)
        }

        if ((obj.memoryBytes != null && obj.memoryBytes !== 0n)) {
          w.uint32(72)
          w.uint64(obj.memoryBytes)
        }

        if ((obj.numericClass != null && obj.numericClass !== '')) {
          w.uint32(82)
          w.string(obj.numericClass)
        }

        if (obj.protocols != null && obj.protocols.length > 0) {
          for (const value of obj.protocols) {
            w.uint32(90)
            w.string(value)
          }
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(98)
            w.string(value)
          }
        }

        if (obj.spans != null && obj.spans.length > 0) {
          for (const value of obj.spans) {
            w.uint32(106)
            SpanRecord.codec().encode(value, w)
          }
        }

        if (obj.offers != null && obj.offers.length > 0) {
          for (const value of obj.offers) {
            w.uint32(114)
            OfferRecord.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          seq: 0n,
          expiresAtMs: 0n,
          gone: false,
          name: '',
          version: '',
          deviceKind: '',
          deviceLabel: '',
          memoryBytes: 0n,
          numericClass: '',
          protocols: [],
          addresses: [],
          spans: [],
          offers: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.peerId = reader.string()
              break
            }
            case 2: {
              obj.seq = reader.uint64()
              break
            }
            case 3: {
              obj.expiresAtMs = reader.uint64()
              break
            }
            case 4: {
              obj.gone = reader.bool()
              break
            }
            case 5: {
              obj.name = reader.string()
              break
            }
            case 6: {
              obj.version = reader.string()
              break
            }
            case 7: {
              obj.deviceKind = reader.string()
              break
            }
            case 8: {
              obj.deviceLabel = reader.string()
              break
            }
            case 9: {
              obj.memoryBytes = reader.uint64()
              break
            }
            case 10: {
              obj.numericClass = reader.string()
              break
            }
            case 11: {
              if (opts.limits?.protocols != null && obj.protocols.length === opts.limits.protocols) {
                throw new MaxLengthError('Decode error - repeated field "protocols" had too many elements')
              }

              if (obj.protocols.length === 32) {
                throw new MaxLengthError('Decode error - repeated field "protocols" had too many elements')
              }

              obj.protocols.push(reader.string())
              break
            }
            case 12: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
              break
            }
            case 13: {
              if (opts.limits?.spans != null && obj.spans.length === opts.limits.spans) {
                throw new MaxLengthError('Decode error - repeated field "spans" had too many elements')
              }

              if (obj.spans.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "spans" had too many elements')
              }

              obj.spans.push(SpanRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.spans$
              }))
              break
            }
            case 14: {
              if (opts.limits?.offers != null && obj.offers.length === opts.limits.offers) {
                throw new MaxLengthError('Decode error - repeated field "offers" had too many elements')
              }

              if (obj.offers.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "offers" had too many elements')
              }

              obj.offers.push(OfferRecord.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.offers$
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
          protocols: 32,
          addresses: 16,
          spans: 8,
          offers: 8
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.peerId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.expiresAtMs`,
                value: reader.uint64()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.gone`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.version`,
                value: reader.string()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.deviceKind`,
                value: reader.string()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.deviceLabel`,
                value: reader.string()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.memoryBytes`,
                value: reader.uint64()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.numericClass`,
                value: reader.string()
              }
              break
            }
            case 11: {
              if (opts.limits?.protocols != null && obj.protocols === opts.limits.protocols) {
                throw new MaxLengthError('Streaming decode error - repeated field "protocols" had too many elements')
              }

              if (obj.protocols === 32) {
                throw new MaxLengthError('Streaming decode error - repeated field "protocols" had too many elements')
              }

              yield {
                field: `${prefix}.protocols[]`,
                index: obj.protocols,
                value: reader.string()
              }

              obj.protocols++

              break
            }
            case 12: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.string()
              }

              obj.addresses++

              break
            }
            case 13: {
              if (opts.limits?.spans != null && obj.spans === opts.limits.spans) {
                throw new MaxLengthError('Streaming decode error - repeated field "spans" had too many elements')
              }

              if (obj.spans === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "spans" had too many elements')
              }

              for (const evt of SpanRecord.codec().stream(reader, reader.uint32(), `${prefix}.spans[]`, {
                limits: opts.limits?.spans$
              })) {
                yield {
                  ...evt,
                  index: obj.spans
                }
              }

              obj.spans++

              break
            }
            case 14: {
              if (opts.limits?.offers != null && obj.offers === opts.limits.offers) {
                throw new MaxLengthError('Streaming decode error - repeated field "offers" had too many elements')
              }

              if (obj.offers === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "offers" had too many elements')
              }

              for (const evt of OfferRecord.codec().stream(reader, reader.uint32(), `${prefix}.offers[]`, {
                limits: opts.limits?.offers$
              })) {
                yield {
                  ...evt,
                  index: obj.offers
                }
              }

              obj.offers++

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

  export interface NodeRecordPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface NodeRecordSeqFieldEvent {
    field: '$.seq'
    value: bigint
  }

  export interface NodeRecordExpiresAtMsFieldEvent {
    field: '$.expiresAtMs'
    value: bigint
  }

  export interface NodeRecordGoneFieldEvent {
    field: '$.gone'
    value: boolean
  }

  export interface NodeRecordNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface NodeRecordVersionFieldEvent {
    field: '$.version'
    value: string
  }

  export interface NodeRecordDeviceKindFieldEvent {
    field: '$.deviceKind'
    value: string
  }

  export interface NodeRecordDeviceLabelFieldEvent {
    field: '$.deviceLabel'
    value: string
  }

  export interface NodeRecordMemoryBytesFieldEvent {
    field: '$.memoryBytes'
    value: bigint
  }

  export interface NodeRecordNumericClassFieldEvent {
    field: '$.numericClass'
    value: string
  }

  export interface NodeRecordProtocolsFieldEvent {
    field: '$.protocols[]'
    index: number
    value: string
  }

  export interface NodeRecordAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export interface NodeRecordSpansModelIdFieldEvent {
    field: '$.spans[].modelId'
    value: string
    index: number
  }

  export interface NodeRecordSpansLabelFieldEvent {
    field: '$.spans[].label'
    value: string
    index: number
  }

  export interface NodeRecordSpansLayerCountFieldEvent {
    field: '$.spans[].layerCount'
    value: number
    index: number
  }

  export interface NodeRecordSpansStartFieldEvent {
    field: '$.spans[].start'
    value: number
    index: number
  }

  export interface NodeRecordSpansEndFieldEvent {
    field: '$.spans[].end'
    value: number
    index: number
  }

  export interface NodeRecordSpansStateFieldEvent {
    field: '$.spans[].state'
    value: number
    index: number
  }

  export interface NodeRecordSpansComputeFieldEvent {
    field: '$.spans[].compute'
    value: number
    index: number
  }

  export interface NodeRecordSpansWiresFieldEvent {
    field: '$.spans[].wires[]'
    index: number
    value: string
  }

  export interface NodeRecordSpansFreeSlotsFieldEvent {
    field: '$.spans[].freeSlots{}'
    key: number
    value: number
    index: number
  }

  export interface NodeRecordSpansDecodeMsPerTokenFieldEvent {
    field: '$.spans[].decodeMsPerToken'
    value: number
    index: number
  }

  export interface NodeRecordSpansPrefillTokensPerSecondFieldEvent {
    field: '$.spans[].prefillTokensPerSecond'
    value: number
    index: number
  }

  export interface NodeRecordSpansQueueMsFieldEvent {
    field: '$.spans[].queueMs'
    value: number
    index: number
  }

  export interface NodeRecordSpansDivisibleFieldEvent {
    field: '$.spans[].divisible'
    value: boolean
    index: number
  }

  export interface NodeRecordOffersModelIdFieldEvent {
    field: '$.offers[].modelId'
    value: string
    index: number
  }

  export interface NodeRecordOffersLabelFieldEvent {
    field: '$.offers[].label'
    value: string
    index: number
  }

  export interface NodeRecordOffersSourceFieldEvent {
    field: '$.offers[].source'
    value: string
    index: number
  }

  export function encode (obj: Partial<NodeRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, NodeRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord>): NodeRecord {
    return decodeMessage(buf, NodeRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NodeRecord>): Generator<NodeRecordPeerIdFieldEvent | NodeRecordSeqFieldEvent | NodeRecordExpiresAtMsFieldEvent | NodeRecordGoneFieldEvent | NodeRecordNameFieldEvent | NodeRecordVersionFieldEvent | NodeRecordDeviceKindFieldEvent | NodeRecordDeviceLabelFieldEvent | NodeRecordMemoryBytesFieldEvent | NodeRecordNumericClassFieldEvent | NodeRecordProtocolsFieldEvent | NodeRecordAddressesFieldEvent | NodeRecordSpansModelIdFieldEvent | NodeRecordSpansLabelFieldEvent | NodeRecordSpansLayerCountFieldEvent | NodeRecordSpansStartFieldEvent | NodeRecordSpansEndFieldEvent | NodeRecordSpansStateFieldEvent | NodeRecordSpansComputeFieldEvent | NodeRecordSpansWiresFieldEvent | NodeRecordSpansFreeSlotsFieldEvent | NodeRecordSpansDecodeMsPerTokenFieldEvent | NodeRecordSpansPrefillTokensPerSecondFieldEvent | NodeRecordSpansQueueMsFieldEvent | NodeRecordSpansDivisibleFieldEvent | NodeRecordOffersModelIdFieldEvent | NodeRecordOffersLabelFieldEvent | NodeRecordOffersSourceFieldEvent> {
    return streamMessage(buf, NodeRecord.codec(), opts)
  }
}

export interface OfferRecord {
  modelId: string
  label: string
  source: string
}

export namespace OfferRecord {
  let _codec: Codec<OfferRecord>

  export const codec = (): Codec<OfferRecord> => {
    if (_codec == null) {
      _codec = message<OfferRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.modelId != null && obj.modelId !== '')) {
          w.uint32(10)
          w.string(obj.modelId)
        }

        if ((obj.label != null && obj.label !== '')) {
          w.uint32(18)
          w.string(obj.label)
        }

        if ((obj.source != null && obj.source !== '')) {
          w.uint32(26)
          w.string(obj.source)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          modelId: '',
          label: '',
          source: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.modelId = reader.string()
              break
            }
            case 2: {
              obj.label = reader.string()
              break
            }
            case 3: {
              obj.source = reader.string()
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
                field: `${prefix}.modelId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.label`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.source`,
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

  export interface OfferRecordModelIdFieldEvent {
    field: '$.modelId'
    value: string
  }

  export interface OfferRecordLabelFieldEvent {
    field: '$.label'
    value: string
  }

  export interface OfferRecordSourceFieldEvent {
    field: '$.source'
    value: string
  }

  export function encode (obj: Partial<OfferRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, OfferRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OfferRecord>): OfferRecord {
    return decodeMessage(buf, OfferRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OfferRecord>): Generator<OfferRecordModelIdFieldEvent | OfferRecordLabelFieldEvent | OfferRecordSourceFieldEvent> {
    return streamMessage(buf, OfferRecord.codec(), opts)
  }
}

export interface SpanRecord {
  modelId: string
  label: string
  layerCount: number
  start: number
  end: number
  state: number
  compute: number
  wires: string[]
  freeSlots: Map<number, number>
  decodeMsPerToken: number
  prefillTokensPerSecond: number
  queueMs: number
  divisible: boolean
}

export namespace SpanRecord {
  export interface SpanRecord$freeSlotsEntry {
    key: number
    value: number
  }

  export namespace SpanRecord$freeSlotsEntry {
    let _codec: Codec<SpanRecord$freeSlotsEntry>

    export const codec = (): Codec<SpanRecord$freeSlotsEntry> => {
      if (_codec == null) {
        _codec = message<SpanRecord$freeSlotsEntry>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.key != null && obj.key !== 0)) {
            w.uint32(8)
            w.uint32(obj.key)
          }

          if ((obj.value != null && obj.value !== 0)) {
            w.uint32(16)
            w.uint32(obj.value)
          }

          if (opts.lengthDelimited !== false) {
            w.ldelim()
          }
        }, (reader, length, opts = {}) => {
          const obj: any = {
            key: 0,
            value: 0
          }

          const end = length == null ? reader.len : reader.pos + length

          while (reader.pos < end) {
            const tag = reader.uint32()

            switch (tag >>> 3) {
              case 1: {
                obj.key = reader.uint32()
                break
              }
              case 2: {
                obj.value = reader.uint32()
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
                  value: reader.uint32()
                }
                break
              }
              case 2: {
                yield {
                  field: `${prefix}.value`,
                  value: reader.uint32()
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

    export interface SpanRecord$freeSlotsEntryKeyFieldEvent {
      field: '$.key'
      value: number
    }

    export interface SpanRecord$freeSlotsEntryValueFieldEvent {
      field: '$.value'
      value: number
    }

    export function encode (obj: Partial<SpanRecord$freeSlotsEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, SpanRecord$freeSlotsEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRecord$freeSlotsEntry>): SpanRecord$freeSlotsEntry {
      return decodeMessage(buf, SpanRecord$freeSlotsEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRecord$freeSlotsEntry>): Generator<SpanRecord$freeSlotsEntryKeyFieldEvent | SpanRecord$freeSlotsEntryValueFieldEvent> {
      return streamMessage(buf, SpanRecord$freeSlotsEntry.codec(), opts)
    }
  }

  let _codec: Codec<SpanRecord>

  export const codec = (): Codec<SpanRecord> => {
    if (_codec == null) {
      _codec = message<SpanRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.modelId != null && obj.modelId !== '')) {
          w.uint32(10)
          w.string(obj.modelId)
        }

        if ((obj.label != null && obj.label !== '')) {
          w.uint32(18)
          w.string(obj.label)
        }

        if ((obj.layerCount != null && obj.layerCount !== 0)) {
          w.uint32(24)
          w.uint32(obj.layerCount)
        }

        if ((obj.start != null && obj.start !== 0)) {
          w.uint32(32)
          w.uint32(obj.start)
        }

        if ((obj.end != null && obj.end !== 0)) {
          w.uint32(40)
          w.uint32(obj.end)
        }

        if ((obj.state != null && obj.state !== 0)) {
          w.uint32(48)
          w.uint32(obj.state)
        }

        if ((obj.compute != null && obj.compute !== 0)) {
          w.uint32(56)
          w.uint32(obj.compute)
        }

        if (obj.wires != null && obj.wires.length > 0) {
          for (const value of obj.wires) {
            w.uint32(66)
            w.string(value)
          }
        }

        if (obj.freeSlots != null && obj.freeSlots.size > 0) {
          for (const [key, value] of obj.freeSlots.entries()) {
            w.uint32(74)
            SpanRecord.SpanRecord$freeSlotsEntry.codec().encode({ key, value }, w)
          }
        }

        if ((obj.decodeMsPerToken != null && obj.decodeMsPerToken !== 0)) {
          w.uint32(81)
          w.double(obj.decodeMsPerToken)
        }

        if ((obj.prefillTokensPerSecond != null && obj.prefillTokensPerSecond !== 0)) {
          w.uint32(89)
          w.double(obj.prefillTokensPerSecond)
        }

        if ((obj.queueMs != null && obj.queueMs !== 0)) {
          w.uint32(97)
          w.double(obj.queueMs)
        }

        if ((obj.divisible != null && obj.divisible !== false)) {
          w.uint32(104)
          w.bool(obj.divisible)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          modelId: '',
          label: '',
          layerCount: 0,
          start: 0,
          end: 0,
          state: 0,
          compute: 0,
          wires: [],
          freeSlots: new Map<number, number>(),
          decodeMsPerToken: 0,
          prefillTokensPerSecond: 0,
          queueMs: 0,
          divisible: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.modelId = reader.string()
              break
            }
            case 2: {
              obj.label = reader.string()
              break
            }
            case 3: {
              obj.layerCount = reader.uint32()
              break
            }
            case 4: {
              obj.start = reader.uint32()
              break
            }
            case 5: {
              obj.end = reader.uint32()
              break
            }
            case 6: {
              obj.state = reader.uint32()
              break
            }
            case 7: {
              obj.compute = reader.uint32()
              break
            }
            case 8: {
              if (opts.limits?.wires != null && obj.wires.length === opts.limits.wires) {
                throw new MaxLengthError('Decode error - repeated field "wires" had too many elements')
              }

              if (obj.wires.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "wires" had too many elements')
              }

              obj.wires.push(reader.string())
              break
            }
            case 9: {
              if (opts.limits?.freeSlots != null && obj.freeSlots.size === opts.limits.freeSlots) {
                throw new MaxSizeError('Decode error - map field "freeSlots" had too many elements')
              }

              if (obj.freeSlots.size === 16) {
                throw new MaxSizeError('Decode error - map field "freeSlots" had too many elements')
              }

              const entry = SpanRecord.SpanRecord$freeSlotsEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.freeSlots$value
                }
              })
              obj.freeSlots.set(entry.key, entry.value)
              break
            }
            case 10: {
              obj.decodeMsPerToken = reader.double()
              break
            }
            case 11: {
              obj.prefillTokensPerSecond = reader.double()
              break
            }
            case 12: {
              obj.queueMs = reader.double()
              break
            }
            case 13: {
              obj.divisible = reader.bool()
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
          wires: 8,
          freeSlots: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.modelId`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.label`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.layerCount`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.start`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.end`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.state`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.compute`,
                value: reader.uint32()
              }
              break
            }
            case 8: {
              if (opts.limits?.wires != null && obj.wires === opts.limits.wires) {
                throw new MaxLengthError('Streaming decode error - repeated field "wires" had too many elements')
              }

              if (obj.wires === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "wires" had too many elements')
              }

              yield {
                field: `${prefix}.wires[]`,
                index: obj.wires,
                value: reader.string()
              }

              obj.wires++

              break
            }
            case 9: {
              if (opts.limits?.freeSlots != null && obj.freeSlots === opts.limits.freeSlots) {
                throw new MaxLengthError('Decode error - map field "freeSlots" had too many elements')
              }

              if (obj.freeSlots === 16) {
                throw new MaxLengthError('Decode error - repeated field "freeSlots" had too many elements')
              }

              yield * SpanRecord.SpanRecord$freeSlotsEntry.codec().stream(reader, reader.uint32(), `${prefix}.freeSlots{}`, {
                limits: {
                  value: opts.limits?.freeSlots$value
                }
              })

              obj.freeSlots++

              break
            }
            case 10: {
              yield {
                field: `${prefix}.decodeMsPerToken`,
                value: reader.double()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.prefillTokensPerSecond`,
                value: reader.double()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.queueMs`,
                value: reader.double()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.divisible`,
                value: reader.bool()
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

  export interface SpanRecordModelIdFieldEvent {
    field: '$.modelId'
    value: string
  }

  export interface SpanRecordLabelFieldEvent {
    field: '$.label'
    value: string
  }

  export interface SpanRecordLayerCountFieldEvent {
    field: '$.layerCount'
    value: number
  }

  export interface SpanRecordStartFieldEvent {
    field: '$.start'
    value: number
  }

  export interface SpanRecordEndFieldEvent {
    field: '$.end'
    value: number
  }

  export interface SpanRecordStateFieldEvent {
    field: '$.state'
    value: number
  }

  export interface SpanRecordComputeFieldEvent {
    field: '$.compute'
    value: number
  }

  export interface SpanRecordWiresFieldEvent {
    field: '$.wires[]'
    index: number
    value: string
  }

  export interface SpanRecordFreeSlotsFieldEvent {
    field: '$.freeSlots{}'
    key: number
    value: number
  }

  export interface SpanRecordDecodeMsPerTokenFieldEvent {
    field: '$.decodeMsPerToken'
    value: number
  }

  export interface SpanRecordPrefillTokensPerSecondFieldEvent {
    field: '$.prefillTokensPerSecond'
    value: number
  }

  export interface SpanRecordQueueMsFieldEvent {
    field: '$.queueMs'
    value: number
  }

  export interface SpanRecordDivisibleFieldEvent {
    field: '$.divisible'
    value: boolean
  }

  export function encode (obj: Partial<SpanRecord>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, SpanRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRecord>): SpanRecord {
    return decodeMessage(buf, SpanRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRecord>): Generator<SpanRecordModelIdFieldEvent | SpanRecordLabelFieldEvent | SpanRecordLayerCountFieldEvent | SpanRecordStartFieldEvent | SpanRecordEndFieldEvent | SpanRecordStateFieldEvent | SpanRecordComputeFieldEvent | SpanRecordWiresFieldEvent | SpanRecordFreeSlotsFieldEvent | SpanRecordDecodeMsPerTokenFieldEvent | SpanRecordPrefillTokensPerSecondFieldEvent | SpanRecordQueueMsFieldEvent | SpanRecordDivisibleFieldEvent> {
    return streamMessage(buf, SpanRecord.codec(), opts)
  }
}

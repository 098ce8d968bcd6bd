// @ts-nocheck generated
import { decodeMessage, encodeMessage, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Open {
  session: Uint8Array<ArrayBuffer>
  epoch: number
  modelId: string
  start: number
  end: number
  compute: number
  wire: string
  positions: number
  prev: Neighbour[]
  next: Neighbour[]
  role: number
  ropeVariant: number
  tail?: Tail
  requires: string[]
  stages: number
  prefix: Uint8Array<ArrayBuffer>
  keyHash?: Uint8Array<ArrayBuffer>
  takeOver?: TakeOver
}

export namespace Open {
  let _codec: Codec<Open>

  export const codec = (): Codec<Open> => {
    if (_codec == null) {
      _codec = message<Open>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.session != null && obj.session.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.session)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint32(obj.epoch)
        }

        if ((obj.modelId != null && obj.modelId !== '')) {
          w.uint32(26)
          w.string(obj.modelId)
        }

        if ((obj.start != null && obj.start !== 0)) {
          w.uint32(32)
          w.uint32(obj.start)
        }

        if ((obj.end != null && obj.end !== 0)) {
          w.uint32(40)
          w.uint32(obj.end)
        }

        if ((obj.compute != null && obj.compute !== 0)) {
          w.uint32(48)
          w.uint32(obj.compute)
        }

        if ((obj.wire != null && obj.wire !== '')) {
          w.uint32(58)
          w.string(obj.wire)
        }

        if ((obj.positions != null && obj.positions !== 0)) {
          w.uint32(64)
          w.uint32(obj.positions)
        }

        if (obj.prev != null && obj.prev.length > 0) {
          for (const value of obj.prev) {
            w.uint32(74)
            Neighbour.codec().encode(value, w)
          }
        }

        if (obj.next != null && obj.next.length > 0) {
          for (const value of obj.next) {
            w.uint32(82)
            Neighbour.codec().encode(value, w)
          }
        }

        if ((obj.role != null && obj.role !== 0)) {
          w.uint32(88)
          w.uint32(obj.role)
        }

        if ((obj.ropeVariant != null && obj.ropeVariant !== 0)) {
          w.uint32(104)
          w.uint32(obj.ropeVariant)
        }

        if (obj.tail != null) {
          w.uint32(114)
          Tail.codec().encode(obj.tail, w)
        }

        if (obj.requires != null && obj.requires.length > 0) {
          for (const value of obj.requires) {
            w.uint32(122)
            w.string(value)
          }
        }

        if ((obj.stages != null && obj.stages !== 0)) {
          w.uint32(128)
          w.uint32(obj.stages)
        }

        if ((obj.prefix != null && obj.prefix.byteLength > 0)) {
          w.uint32(138)
          w.bytes(obj.prefix)
        }

        if (obj.keyHash != null) {
          w.uint32(146)
          w.bytes(obj.keyHash)
        }

        if (obj.takeOver != null) {
          w.uint32(154)
          TakeOver.codec().encode(obj.takeOver, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          session: uint8ArrayAlloc(0),
          epoch: 0,
          modelId: '',
          start: 0,
          end: 0,
          compute: 0,
          wire: '',
          positions: 0,
          prev: [],
          next: [],
          role: 0,
          ropeVariant: 0,
          requires: [],
          stages: 0,
          prefix: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.session = reader.bytes()
              break
            }
            case 2: {
              obj.epoch = reader.uint32()
              break
            }
            case 3: {
              obj.modelId = reader.string()
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
              obj.compute = reader.uint32()
              break
            }
            case 7: {
              obj.wire = reader.string()
              break
            }
            case 8: {
              obj.positions = reader.uint32()
              break
            }
            case 9: {
              if (opts.limits?.prev != null && obj.prev.length === opts.limits.prev) {
                throw new MaxLengthError('Decode error - repeated field "prev" had too many elements')
              }

              if (obj.prev.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "prev" had too many elements')
              }

              obj.prev.push(Neighbour.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prev$
              }))
              break
            }
            case 10: {
              if (opts.limits?.next != null && obj.next.length === opts.limits.next) {
                throw new MaxLengthError('Decode error - repeated field "next" had too many elements')
              }

              if (obj.next.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "next" had too many elements')
              }

              obj.next.push(Neighbour.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.next$
              }))
              break
            }
            case 11: {
              obj.role = reader.uint32()
              break
            }
            case 13: {
              obj.ropeVariant = reader.uint32()
              break
            }
            case 14: {
              obj.tail = Tail.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tail
              })
              break
            }
            case 15: {
              if (opts.limits?.requires != null && obj.requires.length === opts.limits.requires) {
                throw new MaxLengthError('Decode error - repeated field "requires" had too many elements')
              }

              if (obj.requires.length === 32) {
                throw new MaxLengthError('Decode error - repeated field "requires" had too many elements')
              }

              obj.requires.push(reader.string())
              break
            }
            case 16: {
              obj.stages = reader.uint32()
              break
            }
            case 17: {
              obj.prefix = reader.bytes()
              break
            }
            case 18: {
              obj.keyHash = reader.bytes()
              break
            }
            case 19: {
              obj.takeOver = TakeOver.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.takeOver
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
        const obj = {
          prev: 8,
          next: 8,
          requires: 32
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.session`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.modelId`,
                value: reader.string()
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
                field: `${prefix}.compute`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.wire`,
                value: reader.string()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.positions`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              if (opts.limits?.prev != null && obj.prev === opts.limits.prev) {
                throw new MaxLengthError('Streaming decode error - repeated field "prev" had too many elements')
              }

              if (obj.prev === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "prev" had too many elements')
              }

              for (const evt of Neighbour.codec().stream(reader, reader.uint32(), `${prefix}.prev[]`, {
                limits: opts.limits?.prev$
              })) {
                yield {
                  ...evt,
                  index: obj.prev
                }
              }

              obj.prev++

              break
            }
            case 10: {
              if (opts.limits?.next != null && obj.next === opts.limits.next) {
                throw new MaxLengthError('Streaming decode error - repeated field "next" had too many elements')
              }

              if (obj.next === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "next" had too many elements')
              }

              for (const evt of Neighbour.codec().stream(reader, reader.uint32(), `${prefix}.next[]`, {
                limits: opts.limits?.next$
              })) {
                yield {
                  ...evt,
                  index: obj.next
                }
              }

              obj.next++

              break
            }
            case 11: {
              yield {
                field: `${prefix}.role`,
                value: reader.uint32()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.ropeVariant`,
                value: reader.uint32()
              }
              break
            }
            case 14: {
              yield * Tail.codec().stream(reader, reader.uint32(), `${prefix}.tail`, {
                limits: opts.limits?.tail
              })

              break
            }
            case 15: {
              if (opts.limits?.requires != null && obj.requires === opts.limits.requires) {
                throw new MaxLengthError('Streaming decode error - repeated field "requires" had too many elements')
              }

              if (obj.requires === 32) {
                throw new MaxLengthError('Streaming decode error - repeated field "requires" had too many elements')
              }

              yield {
                field: `${prefix}.requires[]`,
                index: obj.requires,
                value: reader.string()
              }

              obj.requires++

              break
            }
            case 16: {
              yield {
                field: `${prefix}.stages`,
                value: reader.uint32()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.prefix`,
                value: reader.bytes()
              }
              break
            }
            case 18: {
              yield {
                field: `${prefix}.keyHash`,
                value: reader.bytes()
              }
              break
            }
            case 19: {
              yield * TakeOver.codec().stream(reader, reader.uint32(), `${prefix}.takeOver`, {
                limits: opts.limits?.takeOver
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

  export interface OpenSessionFieldEvent {
    field: '$.session'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface OpenModelIdFieldEvent {
    field: '$.modelId'
    value: string
  }

  export interface OpenStartFieldEvent {
    field: '$.start'
    value: number
  }

  export interface OpenEndFieldEvent {
    field: '$.end'
    value: number
  }

  export interface OpenComputeFieldEvent {
    field: '$.compute'
    value: number
  }

  export interface OpenWireFieldEvent {
    field: '$.wire'
    value: string
  }

  export interface OpenPositionsFieldEvent {
    field: '$.positions'
    value: number
  }

  export interface OpenPrevPeerIdFieldEvent {
    field: '$.prev[].peerId'
    value: string
    index: number
  }

  export interface OpenPrevStartFieldEvent {
    field: '$.prev[].start'
    value: number
    index: number
  }

  export interface OpenPrevAddressesFieldEvent {
    field: '$.prev[].addresses[]'
    index: number
    value: string
  }

  export interface OpenNextPeerIdFieldEvent {
    field: '$.next[].peerId'
    value: string
    index: number
  }

  export interface OpenNextStartFieldEvent {
    field: '$.next[].start'
    value: number
    index: number
  }

  export interface OpenNextAddressesFieldEvent {
    field: '$.next[].addresses[]'
    index: number
    value: string
  }

  export interface OpenRoleFieldEvent {
    field: '$.role'
    value: number
  }

  export interface OpenRopeVariantFieldEvent {
    field: '$.ropeVariant'
    value: number
  }

  export interface OpenTailPromptTokensFieldEvent {
    field: '$.tail.promptTokens'
    value: number
  }

  export interface OpenTailMaxTokensFieldEvent {
    field: '$.tail.maxTokens'
    value: number
  }

  export interface OpenTailStopIdsFieldEvent {
    field: '$.tail.stopIds[]'
    index: number
    value: number
  }

  export interface OpenTailPromptIdsFieldEvent {
    field: '$.tail.promptIds'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenTailScorePromptFieldEvent {
    field: '$.tail.scorePrompt'
    value: boolean
  }

  export interface OpenTailTemperatureFieldEvent {
    field: '$.tail.temperature'
    value: number
  }

  export interface OpenTailTopPFieldEvent {
    field: '$.tail.topP'
    value: number
  }

  export interface OpenTailTopKFieldEvent {
    field: '$.tail.topK'
    value: number
  }

  export interface OpenTailMinPFieldEvent {
    field: '$.tail.minP'
    value: number
  }

  export interface OpenTailRepetitionPenaltyFieldEvent {
    field: '$.tail.repetitionPenalty'
    value: number
  }

  export interface OpenTailPresencePenaltyFieldEvent {
    field: '$.tail.presencePenalty'
    value: number
  }

  export interface OpenTailFrequencyPenaltyFieldEvent {
    field: '$.tail.frequencyPenalty'
    value: number
  }

  export interface OpenTailLogitBiasFieldEvent {
    field: '$.tail.logitBias{}'
    key: number
    value: number
  }

  export interface OpenTailSeedFieldEvent {
    field: '$.tail.seed'
    value: bigint
  }

  export interface OpenTailLogprobsFieldEvent {
    field: '$.tail.logprobs'
    value: number
  }

  export interface OpenTailGrammarTextFieldEvent {
    field: '$.tail.grammar.text'
    value: string
  }

  export interface OpenTailGrammarMarkerFieldEvent {
    field: '$.tail.grammar.marker'
    value: string
  }

  export interface OpenTailGrammarManyFieldEvent {
    field: '$.tail.grammar.many'
    value: boolean
  }

  export interface OpenTailGrammarVisibleFieldEvent {
    field: '$.tail.grammar.visible[]'
    index: number
    value: number
  }

  export interface OpenTailEmbedFieldEvent {
    field: '$.tail.embed'
    value: string
  }

  export interface OpenRequiresFieldEvent {
    field: '$.requires[]'
    index: number
    value: string
  }

  export interface OpenStagesFieldEvent {
    field: '$.stages'
    value: number
  }

  export interface OpenPrefixFieldEvent {
    field: '$.prefix'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenKeyHashFieldEvent {
    field: '$.keyHash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenTakeOverSessionFieldEvent {
    field: '$.takeOver.session'
    value: Uint8Array<ArrayBuffer>
  }

  export interface OpenTakeOverKeyFieldEvent {
    field: '$.takeOver.key'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Open>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Open.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Open {
    return decodeMessage(buf, Open.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Open>): Generator<OpenSessionFieldEvent | OpenEpochFieldEvent | OpenModelIdFieldEvent | OpenStartFieldEvent | OpenEndFieldEvent | OpenComputeFieldEvent | OpenWireFieldEvent | OpenPositionsFieldEvent | OpenPrevPeerIdFieldEvent | OpenPrevStartFieldEvent | OpenPrevAddressesFieldEvent | OpenNextPeerIdFieldEvent | OpenNextStartFieldEvent | OpenNextAddressesFieldEvent | OpenRoleFieldEvent | OpenRopeVariantFieldEvent | OpenTailPromptTokensFieldEvent | OpenTailMaxTokensFieldEvent | OpenTailStopIdsFieldEvent | OpenTailPromptIdsFieldEvent | OpenTailScorePromptFieldEvent | OpenTailTemperatureFieldEvent | OpenTailTopPFieldEvent | OpenTailTopKFieldEvent | OpenTailMinPFieldEvent | OpenTailRepetitionPenaltyFieldEvent | OpenTailPresencePenaltyFieldEvent | OpenTailFrequencyPenaltyFieldEvent | OpenTailLogitBiasFieldEvent | OpenTailSeedFieldEvent | OpenTailLogprobsFieldEvent | OpenTailGrammarTextFieldEvent | OpenTailGrammarMarkerFieldEvent | OpenTailGrammarManyFieldEvent | OpenTailGrammarVisibleFieldEvent | OpenTailEmbedFieldEvent | OpenRequiresFieldEvent | OpenStagesFieldEvent | OpenPrefixFieldEvent | OpenKeyHashFieldEvent | OpenTakeOverSessionFieldEvent | OpenTakeOverKeyFieldEvent> {
    return streamMessage(buf, Open.codec(), opts)
  }
}

export interface TakeOver {
  session: Uint8Array<ArrayBuffer>
  key: Uint8Array<ArrayBuffer>
}

export namespace TakeOver {
  let _codec: Codec<TakeOver>

  export const codec = (): Codec<TakeOver> => {
    if (_codec == null) {
      _codec = message<TakeOver>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.session != null && obj.session.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.session)
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.key)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          session: uint8ArrayAlloc(0),
          key: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.session = reader.bytes()
              break
            }
            case 2: {
              obj.key = reader.bytes()
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
                field: `${prefix}.session`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.key`,
                value: reader.bytes()
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

  export interface TakeOverSessionFieldEvent {
    field: '$.session'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TakeOverKeyFieldEvent {
    field: '$.key'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<TakeOver>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TakeOver.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TakeOver>): TakeOver {
    return decodeMessage(buf, TakeOver.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TakeOver>): Generator<TakeOverSessionFieldEvent | TakeOverKeyFieldEvent> {
    return streamMessage(buf, TakeOver.codec(), opts)
  }
}

export interface Neighbour {
  peerId: string
  start: number
  addresses: string[]
}

export namespace Neighbour {
  let _codec: Codec<Neighbour>

  export const codec = (): Codec<Neighbour> => {
    if (_codec == null) {
      _codec = message<Neighbour>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(10)
          w.string(obj.peerId)
        }

        if ((obj.start != null && obj.start !== 0)) {
          w.uint32(16)
          w.uint32(obj.start)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(26)
            w.string(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          start: 0,
          addresses: []
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
              obj.start = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              if (obj.addresses.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.string())
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
          addresses: 16
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
                field: `${prefix}.start`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
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

  export interface NeighbourPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface NeighbourStartFieldEvent {
    field: '$.start'
    value: number
  }

  export interface NeighbourAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Neighbour>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Neighbour.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Neighbour>): Neighbour {
    return decodeMessage(buf, Neighbour.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Neighbour>): Generator<NeighbourPeerIdFieldEvent | NeighbourStartFieldEvent | NeighbourAddressesFieldEvent> {
    return streamMessage(buf, Neighbour.codec(), opts)
  }
}

export interface Tail {
  promptTokens: number
  maxTokens: number
  stopIds: number[]
  promptIds: Uint8Array<ArrayBuffer>
  scorePrompt: boolean
  temperature: number
  topP: number
  topK: number
  minP: number
  repetitionPenalty: number
  presencePenalty: number
  frequencyPenalty: number
  logitBias: Map<number, number>
  seed: bigint
  logprobs?: number
  grammar?: Grammar
  embed?: string
}

export namespace Tail {
  export interface Tail$logitBiasEntry {
    key: number
    value: number
  }

  export namespace Tail$logitBiasEntry {
    let _codec: Codec<Tail$logitBiasEntry>

    export const codec = (): Codec<Tail$logitBiasEntry> => {
      if (_codec == null) {
        _codec = message<Tail$logitBiasEntry>((obj, w, opts = {}) => {
          if (opts.lengthDelimited !== false) {
            w.fork()
          }

          if ((obj.key != null && obj.key !== 0)) {
            w.uint32(8)
            w.uint32(obj.key)
          }

          if ((obj.value != null && obj.value !== 0)) {
            w.uint32(17)
            w.double(obj.value)
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
                obj.value = reader.double()
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
                  value: reader.double()
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

    export interface Tail$logitBiasEntryKeyFieldEvent {
      field: '$.key'
      value: number
    }

    export interface Tail$logitBiasEntryValueFieldEvent {
      field: '$.value'
      value: number
    }

    export function encode (obj: Partial<Tail$logitBiasEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Tail$logitBiasEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tail$logitBiasEntry>): Tail$logitBiasEntry {
      return decodeMessage(buf, Tail$logitBiasEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tail$logitBiasEntry>): Generator<Tail$logitBiasEntryKeyFieldEvent | Tail$logitBiasEntryValueFieldEvent> {
      return streamMessage(buf, Tail$logitBiasEntry.codec(), opts)
    }
  }

  let _codec: Codec<Tail>

  export const codec = (): Codec<Tail> => {
    if (_codec == null) {
      _codec = message<Tail>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.promptTokens != null && obj.promptTokens !== 0)) {
          w.uint32(8)
          w.uint32(obj.promptTokens)
        }

        if ((obj.maxTokens != null && obj.maxTokens !== 0)) {
          w.uint32(16)
          w.uint32(obj.maxTokens)
        }

        if (obj.stopIds != null && obj.stopIds.length > 0) {
          for (const value of obj.stopIds) {
            w.uint32(24)
            w.uint32(value)
          }
        }

        if ((obj.promptIds != null && obj.promptIds.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.promptIds)
        }

        if ((obj.scorePrompt != null && obj.scorePrompt !== false)) {
          w.uint32(40)
          w.bool(obj.scorePrompt)
        }

        if ((obj.temperature != null && obj.temperature !== 0)) {
          w.uint32(49)
          w.double(obj.temperature)
        }

        if ((obj.topP != null && obj.topP !== 0)) {
          w.uint32(57)
          w.double(obj.topP)
        }

        if ((obj.topK != null && obj.topK !== 0)) {
          w.uint32(64)
          w.uint32(obj.topK)
        }

        if ((obj.minP != null && obj.minP !== 0)) {
          w.uint32(73)
          w.double(obj.minP)
        }

        if ((obj.repetitionPenalty != null && obj.repetitionPenalty !== 0)) {
          w.uint32(81)
          w.double(obj.repetitionPenalty)
        }

        if ((obj.presencePenalty != null && obj.presencePenalty !== 0)) {
          w.uint32(89)
          w.double(obj.presencePenalty)
        }

        if ((obj.frequencyPenalty != null && obj.frequencyPenalty !== 0)) {
          w.uint32(97)
          w.double(obj.frequencyPenalty)
        }

        if (obj.logitBias != null && obj.logitBias.size > 0) {
          for (const [key, value] of obj.logitBias.entries()) {
            w.uint32(106)
            Tail.Tail$logitBiasEntry.codec().encode({ key, value }, w)
          }
        }

        if ((obj.seed != null && obj.seed !== 0n)) {
          w.uint32(112)
          w.uint64(obj.seed)
        }

        if (obj.logprobs != null) {
          w.uint32(120)
          w.uint32(obj.logprobs)
        }

        if (obj.grammar != null) {
          w.uint32(130)
          Grammar.codec().encode(obj.grammar, w)
        }

        if (obj.embed != null) {
          w.uint32(138)
          w.string(obj.embed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          promptTokens: 0,
          maxTokens: 0,
          stopIds: [],
          promptIds: uint8ArrayAlloc(0),
          scorePrompt: false,
          temperature: 0,
          topP: 0,
          topK: 0,
          minP: 0,
          repetitionPenalty: 0,
          presencePenalty: 0,
          frequencyPenalty: 0,
          logitBias: new Map<number, number>(),
          seed: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.promptTokens = reader.uint32()
              break
            }
            case 2: {
              obj.maxTokens = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.stopIds != null && obj.stopIds.length === opts.limits.stopIds) {
                throw new MaxLengthError('Decode error - repeated field "stopIds" had too many elements')
              }

              if (obj.stopIds.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "stopIds" had too many elements')
              }

              obj.stopIds.push(reader.uint32())
              break
            }
            case 4: {
              obj.promptIds = reader.bytes()
              break
            }
            case 5: {
              obj.scorePrompt = reader.bool()
              break
            }
            case 6: {
              obj.temperature = reader.double()
              break
            }
            case 7: {
              obj.topP = reader.double()
              break
            }
            case 8: {
              obj.topK = reader.uint32()
              break
            }
            case 9: {
              obj.minP = reader.double()
              break
            }
            case 10: {
              obj.repetitionPenalty = reader.double()
              break
            }
            case 11: {
              obj.presencePenalty = reader.double()
              break
            }
            case 12: {
              obj.frequencyPenalty = reader.double()
              break
            }
            case 13: {
              if (opts.limits?.logitBias != null && obj.logitBias.size === opts.limits.logitBias) {
                throw new MaxSizeError('Decode error - map field "logitBias" had too many elements')
              }

              if (obj.logitBias.size === 1024) {
                throw new MaxSizeError('Decode error - map field "logitBias" had too many elements')
              }

              const entry = Tail.Tail$logitBiasEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.logitBias$value
                }
              })
              obj.logitBias.set(entry.key, entry.value)
              break
            }
            case 14: {
              obj.seed = reader.uint64()
              break
            }
            case 15: {
              obj.logprobs = reader.uint32()
              break
            }
            case 16: {
              obj.grammar = Grammar.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.grammar
              })
              break
            }
            case 17: {
              obj.embed = reader.string()
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
          stopIds: 256,
          logitBias: 1024
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.promptTokens`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.maxTokens`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              if (opts.limits?.stopIds != null && obj.stopIds === opts.limits.stopIds) {
                throw new MaxLengthError('Streaming decode error - repeated field "stopIds" had too many elements')
              }

              if (obj.stopIds === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "stopIds" had too many elements')
              }

              yield {
                field: `${prefix}.stopIds[]`,
                index: obj.stopIds,
                value: reader.uint32()
              }

              obj.stopIds++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.promptIds`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.scorePrompt`,
                value: reader.bool()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.temperature`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.topP`,
                value: reader.double()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.topK`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.minP`,
                value: reader.double()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.repetitionPenalty`,
                value: reader.double()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.presencePenalty`,
                value: reader.double()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.frequencyPenalty`,
                value: reader.double()
              }
              break
            }
            case 13: {
              if (opts.limits?.logitBias != null && obj.logitBias === opts.limits.logitBias) {
                throw new MaxLengthError('Decode error - map field "logitBias" had too many elements')
              }

              if (obj.logitBias === 1024) {
                throw new MaxLengthError('Decode error - repeated field "logitBias" had too many elements')
              }

              yield * Tail.Tail$logitBiasEntry.codec().stream(reader, reader.uint32(), `${prefix}.logitBias{}`, {
                limits: {
                  value: opts.limits?.logitBias$value
                }
              })

              obj.logitBias++

              break
            }
            case 14: {
              yield {
                field: `${prefix}.seed`,
                value: reader.uint64()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.logprobs`,
                value: reader.uint32()
              }
              break
            }
            case 16: {
              yield * Grammar.codec().stream(reader, reader.uint32(), `${prefix}.grammar`, {
                limits: opts.limits?.grammar
              })

              break
            }
            case 17: {
              yield {
                field: `${prefix}.embed`,
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

  export interface TailPromptTokensFieldEvent {
    field: '$.promptTokens'
    value: number
  }

  export interface TailMaxTokensFieldEvent {
    field: '$.maxTokens'
    value: number
  }

  export interface TailStopIdsFieldEvent {
    field: '$.stopIds[]'
    index: number
    value: number
  }

  export interface TailPromptIdsFieldEvent {
    field: '$.promptIds'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TailScorePromptFieldEvent {
    field: '$.scorePrompt'
    value: boolean
  }

  export interface TailTemperatureFieldEvent {
    field: '$.temperature'
    value: number
  }

  export interface TailTopPFieldEvent {
    field: '$.topP'
    value: number
  }

  export interface TailTopKFieldEvent {
    field: '$.topK'
    value: number
  }

  export interface TailMinPFieldEvent {
    field: '$.minP'
    value: number
  }

  export interface TailRepetitionPenaltyFieldEvent {
    field: '$.repetitionPenalty'
    value: number
  }

  export interface TailPresencePenaltyFieldEvent {
    field: '$.presencePenalty'
    value: number
  }

  export interface TailFrequencyPenaltyFieldEvent {
    field: '$.frequencyPenalty'
    value: number
  }

  export interface TailLogitBiasFieldEvent {
    field: '$.logitBias{}'
    key: number
    value: number
  }

  export interface TailSeedFieldEvent {
    field: '$.seed'
    value: bigint
  }

  export interface TailLogprobsFieldEvent {
    field: '$.logprobs'
    value: number
  }

  export interface TailGrammarTextFieldEvent {
    field: '$.grammar.text'
    value: string
  }

  export interface TailGrammarMarkerFieldEvent {
    field: '$.grammar.marker'
    value: string
  }

  export interface TailGrammarManyFieldEvent {
    field: '$.grammar.many'
    value: boolean
  }

  export interface TailGrammarVisibleFieldEvent {
    field: '$.grammar.visible[]'
    index: number
    value: number
  }

  export interface TailEmbedFieldEvent {
    field: '$.embed'
    value: string
  }

  export function encode (obj: Partial<Tail>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Tail.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tail>): Tail {
    return decodeMessage(buf, Tail.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tail>): Generator<TailPromptTokensFieldEvent | TailMaxTokensFieldEvent | TailStopIdsFieldEvent | TailPromptIdsFieldEvent | TailScorePromptFieldEvent | TailTemperatureFieldEvent | TailTopPFieldEvent | TailTopKFieldEvent | TailMinPFieldEvent | TailRepetitionPenaltyFieldEvent | TailPresencePenaltyFieldEvent | TailFrequencyPenaltyFieldEvent | TailLogitBiasFieldEvent | TailSeedFieldEvent | TailLogprobsFieldEvent | TailGrammarTextFieldEvent | TailGrammarMarkerFieldEvent | TailGrammarManyFieldEvent | TailGrammarVisibleFieldEvent | TailEmbedFieldEvent> {
    return streamMessage(buf, Tail.codec(), opts)
  }
}

export interface Grammar {
  text: string
  marker?: string
  many: boolean
  visible: number[]
}

export namespace Grammar {
  let _codec: Codec<Grammar>

  export const codec = (): Codec<Grammar> => {
    if (_codec == null) {
      _codec = message<Grammar>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(10)
          w.string(obj.text)
        }

        if (obj.marker != null) {
          w.uint32(18)
          w.string(obj.marker)
        }

        if ((obj.many != null && obj.many !== false)) {
          w.uint32(24)
          w.bool(obj.many)
        }

        if (obj.visible != null && obj.visible.length > 0) {
          for (const value of obj.visible) {
            w.uint32(32)
            w.uint32(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          text: '',
          many: false,
          visible: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.text = reader.string()
              break
            }
            case 2: {
              obj.marker = reader.string()
              break
            }
            case 3: {
              obj.many = reader.bool()
              break
            }
            case 4: {
              if (opts.limits?.visible != null && obj.visible.length === opts.limits.visible) {
                throw new MaxLengthError('Decode error - repeated field "visible" had too many elements')
              }

              if (obj.visible.length === 16) {
                throw new MaxLengthError('Decode error - repeated field "visible" had too many elements')
              }

              obj.visible.push(reader.uint32())
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
          visible: 16
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.marker`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.many`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              if (opts.limits?.visible != null && obj.visible === opts.limits.visible) {
                throw new MaxLengthError('Streaming decode error - repeated field "visible" had too many elements')
              }

              if (obj.visible === 16) {
                throw new MaxLengthError('Streaming decode error - repeated field "visible" had too many elements')
              }

              yield {
                field: `${prefix}.visible[]`,
                index: obj.visible,
                value: reader.uint32()
              }

              obj.visible++

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

  export interface GrammarTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface GrammarMarkerFieldEvent {
    field: '$.marker'
    value: string
  }

  export interface GrammarManyFieldEvent {
    field: '$.many'
    value: boolean
  }

  export interface GrammarVisibleFieldEvent {
    field: '$.visible[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Grammar>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Grammar.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Grammar>): Grammar {
    return decodeMessage(buf, Grammar.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Grammar>): Generator<GrammarTextFieldEvent | GrammarMarkerFieldEvent | GrammarManyFieldEvent | GrammarVisibleFieldEvent> {
    return streamMessage(buf, Grammar.codec(), opts)
  }
}

export interface Reroute {
  prev: Neighbour[]
  next: Neighbour[]
  stages: number
  role: number
}

export namespace Reroute {
  let _codec: Codec<Reroute>

  export const codec = (): Codec<Reroute> => {
    if (_codec == null) {
      _codec = message<Reroute>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.prev != null && obj.prev.length > 0) {
          for (const value of obj.prev) {
            w.uint32(10)
            Neighbour.codec().encode(value, w)
          }
        }

        if (obj.next != null && obj.next.length > 0) {
          for (const value of obj.next) {
            w.uint32(18)
            Neighbour.codec().encode(value, w)
          }
        }

        if ((obj.stages != null && obj.stages !== 0)) {
          w.uint32(24)
          w.uint32(obj.stages)
        }

        if ((obj.role != null && obj.role !== 0)) {
          w.uint32(32)
          w.uint32(obj.role)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prev: [],
          next: [],
          stages: 0,
          role: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.prev != null && obj.prev.length === opts.limits.prev) {
                throw new MaxLengthError('Decode error - repeated field "prev" had too many elements')
              }

              if (obj.prev.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "prev" had too many elements')
              }

              obj.prev.push(Neighbour.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prev$
              }))
              break
            }
            case 2: {
              if (opts.limits?.next != null && obj.next.length === opts.limits.next) {
                throw new MaxLengthError('Decode error - repeated field "next" had too many elements')
              }

              if (obj.next.length === 8) {
                throw new MaxLengthError('Decode error - repeated field "next" had too many elements')
              }

              obj.next.push(Neighbour.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.next$
              }))
              break
            }
            case 3: {
              obj.stages = reader.uint32()
              break
            }
            case 4: {
              obj.role = reader.uint32()
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
          prev: 8,
          next: 8
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.prev != null && obj.prev === opts.limits.prev) {
                throw new MaxLengthError('Streaming decode error - repeated field "prev" had too many elements')
              }

              if (obj.prev === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "prev" had too many elements')
              }

              for (const evt of Neighbour.codec().stream(reader, reader.uint32(), `${prefix}.prev[]`, {
                limits: opts.limits?.prev$
              })) {
                yield {
                  ...evt,
                  index: obj.prev
                }
              }

              obj.prev++

              break
            }
            case 2: {
              if (opts.limits?.next != null && obj.next === opts.limits.next) {
                throw new MaxLengthError('Streaming decode error - repeated field "next" had too many elements')
              }

              if (obj.next === 8) {
                throw new MaxLengthError('Streaming decode error - repeated field "next" had too many elements')
              }

              for (const evt of Neighbour.codec().stream(reader, reader.uint32(), `${prefix}.next[]`, {
                limits: opts.limits?.next$
              })) {
                yield {
                  ...evt,
                  index: obj.next
                }
              }

              obj.next++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.stages`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.role`,
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

  export interface ReroutePrevPeerIdFieldEvent {
    field: '$.prev[].peerId'
    value: string
    index: number
  }

  export interface ReroutePrevStartFieldEvent {
    field: '$.prev[].start'
    value: number
    index: number
  }

  export interface ReroutePrevAddressesFieldEvent {
    field: '$.prev[].addresses[]'
    index: number
    value: string
  }

  export interface RerouteNextPeerIdFieldEvent {
    field: '$.next[].peerId'
    value: string
    index: number
  }

  export interface RerouteNextStartFieldEvent {
    field: '$.next[].start'
    value: number
    index: number
  }

  export interface RerouteNextAddressesFieldEvent {
    field: '$.next[].addresses[]'
    index: number
    value: string
  }

  export interface RerouteStagesFieldEvent {
    field: '$.stages'
    value: number
  }

  export interface RerouteRoleFieldEvent {
    field: '$.role'
    value: number
  }

  export function encode (obj: Partial<Reroute>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Reroute.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reroute>): Reroute {
    return decodeMessage(buf, Reroute.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reroute>): Generator<ReroutePrevPeerIdFieldEvent | ReroutePrevStartFieldEvent | ReroutePrevAddressesFieldEvent | RerouteNextPeerIdFieldEvent | RerouteNextStartFieldEvent | RerouteNextAddressesFieldEvent | RerouteStagesFieldEvent | RerouteRoleFieldEvent> {
    return streamMessage(buf, Reroute.codec(), opts)
  }
}

export interface Ready {
  positions: number
  have: number
  from: number
  to: number
  stats: boolean
}

export namespace Ready {
  let _codec: Codec<Ready>

  export const codec = (): Codec<Ready> => {
    if (_codec == null) {
      _codec = message<Ready>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.positions != null && obj.positions !== 0)) {
          w.uint32(8)
          w.uint32(obj.positions)
        }

        if ((obj.have != null && obj.have !== 0)) {
          w.uint32(16)
          w.uint32(obj.have)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(24)
          w.uint32(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(32)
          w.uint32(obj.to)
        }

        if ((obj.stats != null && obj.stats !== false)) {
          w.uint32(40)
          w.bool(obj.stats)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          positions: 0,
          have: 0,
          from: 0,
          to: 0,
          stats: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.positions = reader.uint32()
              break
            }
            case 2: {
              obj.have = reader.uint32()
              break
            }
            case 3: {
              obj.from = reader.uint32()
              break
            }
            case 4: {
              obj.to = reader.uint32()
              break
            }
            case 5: {
              obj.stats = reader.bool()
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
                field: `${prefix}.positions`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.have`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.to`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.stats`,
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

  export interface ReadyPositionsFieldEvent {
    field: '$.positions'
    value: number
  }

  export interface ReadyHaveFieldEvent {
    field: '$.have'
    value: number
  }

  export interface ReadyFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface ReadyToFieldEvent {
    field: '$.to'
    value: number
  }

  export interface ReadyStatsFieldEvent {
    field: '$.stats'
    value: boolean
  }

  export function encode (obj: Partial<Ready>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Ready.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Ready {
    return decodeMessage(buf, Ready.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ready>): Generator<ReadyPositionsFieldEvent | ReadyHaveFieldEvent | ReadyFromFieldEvent | ReadyToFieldEvent | ReadyStatsFieldEvent> {
    return streamMessage(buf, Ready.codec(), opts)
  }
}

export interface Resume {
  until: number
  generatedIds: Uint8Array<ArrayBuffer>
}

export namespace Resume {
  let _codec: Codec<Resume>

  export const codec = (): Codec<Resume> => {
    if (_codec == null) {
      _codec = message<Resume>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.until != null && obj.until !== 0)) {
          w.uint32(8)
          w.uint32(obj.until)
        }

        if ((obj.generatedIds != null && obj.generatedIds.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.generatedIds)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          until: 0,
          generatedIds: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.until = reader.uint32()
              break
            }
            case 2: {
              obj.generatedIds = reader.bytes()
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
                field: `${prefix}.until`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.generatedIds`,
                value: reader.bytes()
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

  export interface ResumeUntilFieldEvent {
    field: '$.until'
    value: number
  }

  export interface ResumeGeneratedIdsFieldEvent {
    field: '$.generatedIds'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Resume>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Resume.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resume>): Resume {
    return decodeMessage(buf, Resume.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resume>): Generator<ResumeUntilFieldEvent | ResumeGeneratedIdsFieldEvent> {
    return streamMessage(buf, Resume.codec(), opts)
  }
}

export interface Mirror {
  next?: Neighbour
}

export namespace Mirror {
  let _codec: Codec<Mirror>

  export const codec = (): Codec<Mirror> => {
    if (_codec == null) {
      _codec = message<Mirror>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.next != null) {
          w.uint32(10)
          Neighbour.codec().encode(obj.next, w)
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
              obj.next = Neighbour.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.next
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
              yield * Neighbour.codec().stream(reader, reader.uint32(), `${prefix}.next`, {
                limits: opts.limits?.next
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

  export interface MirrorNextPeerIdFieldEvent {
    field: '$.next.peerId'
    value: string
  }

  export interface MirrorNextStartFieldEvent {
    field: '$.next.start'
    value: number
  }

  export interface MirrorNextAddressesFieldEvent {
    field: '$.next.addresses[]'
    index: number
    value: string
  }

  export function encode (obj: Partial<Mirror>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Mirror.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mirror>): Mirror {
    return decodeMessage(buf, Mirror.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mirror>): Generator<MirrorNextPeerIdFieldEvent | MirrorNextStartFieldEvent | MirrorNextAddressesFieldEvent> {
    return streamMessage(buf, Mirror.codec(), opts)
  }
}

export interface Busy {
  retryAfterMs: number
  message: string
}

export namespace Busy {
  let _codec: Codec<Busy>

  export const codec = (): Codec<Busy> => {
    if (_codec == null) {
      _codec = message<Busy>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
          w.uint32(8)
          w.uint32(obj.retryAfterMs)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          retryAfterMs: 0,
          message: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.retryAfterMs = reader.uint32()
              break
            }
            case 2: {
              obj.message = reader.string()
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
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
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

  export interface BusyRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export interface BusyMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export function encode (obj: Partial<Busy>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Busy.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Busy>): Busy {
    return decodeMessage(buf, Busy.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Busy>): Generator<BusyRetryAfterMsFieldEvent | BusyMessageFieldEvent> {
    return streamMessage(buf, Busy.codec(), opts)
  }
}

export interface Refused {
  code: string
  message: string
  peerId: string
}

export namespace Refused {
  let _codec: Codec<Refused>

  export const codec = (): Codec<Refused> => {
    if (_codec == null) {
      _codec = message<Refused>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(10)
          w.string(obj.code)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(18)
          w.string(obj.message)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(26)
          w.string(obj.peerId)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          code: '',
          message: '',
          peerId: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.code = reader.string()
              break
            }
            case 2: {
              obj.message = reader.string()
              break
            }
            case 3: {
              obj.peerId = reader.string()
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
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.peerId`,
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

  export interface RefusedCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface RefusedMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface RefusedPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export function encode (obj: Partial<Refused>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Refused.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refused>): Refused {
    return decodeMessage(buf, Refused.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refused>): Generator<RefusedCodeFieldEvent | RefusedMessageFieldEvent | RefusedPeerIdFieldEvent> {
    return streamMessage(buf, Refused.codec(), opts)
  }
}

export interface Hello {
  session: Uint8Array<ArrayBuffer>
  epoch: number
  modelId: string
  from: number
  to: number
}

export namespace Hello {
  let _codec: Codec<Hello>

  export const codec = (): Codec<Hello> => {
    if (_codec == null) {
      _codec = message<Hello>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.session != null && obj.session.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.session)
        }

        if ((obj.epoch != null && obj.epoch !== 0)) {
          w.uint32(16)
          w.uint32(obj.epoch)
        }

        if ((obj.modelId != null && obj.modelId !== '')) {
          w.uint32(26)
          w.string(obj.modelId)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(32)
          w.uint32(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(40)
          w.uint32(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          session: uint8ArrayAlloc(0),
          epoch: 0,
          modelId: '',
          from: 0,
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.session = reader.bytes()
              break
            }
            case 2: {
              obj.epoch = reader.uint32()
              break
            }
            case 3: {
              obj.modelId = reader.string()
              break
            }
            case 4: {
              obj.from = reader.uint32()
              break
            }
            case 5: {
              obj.to = reader.uint32()
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
                field: `${prefix}.session`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.modelId`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.to`,
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

  export interface HelloSessionFieldEvent {
    field: '$.session'
    value: Uint8Array<ArrayBuffer>
  }

  export interface HelloEpochFieldEvent {
    field: '$.epoch'
    value: number
  }

  export interface HelloModelIdFieldEvent {
    field: '$.modelId'
    value: string
  }

  export interface HelloFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface HelloToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<Hello>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hello.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello {
    return decodeMessage(buf, Hello.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloSessionFieldEvent | HelloEpochFieldEvent | HelloModelIdFieldEvent | HelloFromFieldEvent | HelloToFieldEvent> {
    return streamMessage(buf, Hello.codec(), opts)
  }
}

export interface Result {
  tokens: TokenResult[]
  finish: number
  prompt: boolean
  embedding: Uint8Array<ArrayBuffer>
}

export namespace Result {
  let _codec: Codec<Result>

  export const codec = (): Codec<Result> => {
    if (_codec == null) {
      _codec = message<Result>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.tokens != null && obj.tokens.length > 0) {
          for (const value of obj.tokens) {
            w.uint32(10)
            TokenResult.codec().encode(value, w)
          }
        }

        if ((obj.finish != null && obj.finish !== 0)) {
          w.uint32(16)
          w.uint32(obj.finish)
        }

        if ((obj.prompt != null && obj.prompt !== false)) {
          w.uint32(24)
          w.bool(obj.prompt)
        }

        if ((obj.embedding != null && obj.embedding.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.embedding)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tokens: [],
          finish: 0,
          prompt: false,
          embedding: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.tokens != null && obj.tokens.length === opts.limits.tokens) {
                throw new MaxLengthError('Decode error - repeated field "tokens" had too many elements')
              }

              if (obj.tokens.length === 4096) {
                throw new MaxLengthError('Decode error - repeated field "tokens" had too many elements')
              }

              obj.tokens.push(TokenResult.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tokens$
              }))
              break
            }
            case 2: {
              obj.finish = reader.uint32()
              break
            }
            case 3: {
              obj.prompt = reader.bool()
              break
            }
            case 4: {
              obj.embedding = reader.bytes()
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
          tokens: 4096
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.tokens != null && obj.tokens === opts.limits.tokens) {
                throw new MaxLengthError('Streaming decode error - repeated field "tokens" had too many elements')
              }

              if (obj.tokens === 4096) {
                throw new MaxLengthError('Streaming decode error - repeated field "tokens" had too many elements')
              }

              for (const evt of TokenResult.codec().stream(reader, reader.uint32(), `${prefix}.tokens[]`, {
                limits: opts.limits?.tokens$
              })) {
                yield {
                  ...evt,
                  index: obj.tokens
                }
              }

              obj.tokens++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.finish`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.prompt`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.embedding`,
                value: reader.bytes()
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

  export interface ResultTokensIdFieldEvent {
    field: '$.tokens[].id'
    value: number
    index: number
  }

  export interface ResultTokensLogprobFieldEvent {
    field: '$.tokens[].logprob'
    value: number
    index: number
  }

  export interface ResultTokensTopIdsFieldEvent {
    field: '$.tokens[].topIds[]'
    index: number
    value: number
  }

  export interface ResultTokensTopLogprobsFieldEvent {
    field: '$.tokens[].topLogprobs[]'
    index: number
    value: number
  }

  export interface ResultFinishFieldEvent {
    field: '$.finish'
    value: number
  }

  export interface ResultPromptFieldEvent {
    field: '$.prompt'
    value: boolean
  }

  export interface ResultEmbeddingFieldEvent {
    field: '$.embedding'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Result>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Result.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Result>): Result {
    return decodeMessage(buf, Result.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Result>): Generator<ResultTokensIdFieldEvent | ResultTokensLogprobFieldEvent | ResultTokensTopIdsFieldEvent | ResultTokensTopLogprobsFieldEvent | ResultFinishFieldEvent | ResultPromptFieldEvent | ResultEmbeddingFieldEvent> {
    return streamMessage(buf, Result.codec(), opts)
  }
}

export interface TokenResult {
  id: number
  logprob?: number
  topIds: number[]
  topLogprobs: number[]
}

export namespace TokenResult {
  let _codec: Codec<TokenResult>

  export const codec = (): Codec<TokenResult> => {
    if (_codec == null) {
      _codec = message<TokenResult>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if (obj.logprob != null) {
          w.uint32(21)
          w.float(obj.logprob)
        }

        if (obj.topIds != null && obj.topIds.length > 0) {
          for (const value of obj.topIds) {
            w.uint32(24)
            w.uint32(value)
          }
        }

        if (obj.topLogprobs != null && obj.topLogprobs.length > 0) {
          for (const value of obj.topLogprobs) {
            w.uint32(37)
            w.float(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          topIds: [],
          topLogprobs: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.uint32()
              break
            }
            case 2: {
              obj.logprob = reader.float()
              break
            }
            case 3: {
              if (opts.limits?.topIds != null && obj.topIds.length === opts.limits.topIds) {
                throw new MaxLengthError('Decode error - repeated field "topIds" had too many elements')
              }

              if (obj.topIds.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "topIds" had too many elements')
              }

              obj.topIds.push(reader.uint32())
              break
            }
            case 4: {
              if (opts.limits?.topLogprobs != null && obj.topLogprobs.length === opts.limits.topLogprobs) {
                throw new MaxLengthError('Decode error - repeated field "topLogprobs" had too many elements')
              }

              if (obj.topLogprobs.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "topLogprobs" had too many elements')
              }

              obj.topLogprobs.push(reader.float())
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
          topIds: 64,
          topLogprobs: 64
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.id`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.logprob`,
                value: reader.float()
              }
              break
            }
            case 3: {
              if (opts.limits?.topIds != null && obj.topIds === opts.limits.topIds) {
                throw new MaxLengthError('Streaming decode error - repeated field "topIds" had too many elements')
              }

              if (obj.topIds === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "topIds" had too many elements')
              }

              yield {
                field: `${prefix}.topIds[]`,
                index: obj.topIds,
                value: reader.uint32()
              }

              obj.topIds++

              break
            }
            case 4: {
              if (opts.limits?.topLogprobs != null && obj.topLogprobs === opts.limits.topLogprobs) {
                throw new MaxLengthError('Streaming decode error - repeated field "topLogprobs" had too many elements')
              }

              if (obj.topLogprobs === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "topLogprobs" had too many elements')
              }

              yield {
                field: `${prefix}.topLogprobs[]`,
                index: obj.topLogprobs,
                value: reader.float()
              }

              obj.topLogprobs++

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

  export interface TokenResultIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface TokenResultLogprobFieldEvent {
    field: '$.logprob'
    value: number
  }

  export interface TokenResultTopIdsFieldEvent {
    field: '$.topIds[]'
    index: number
    value: number
  }

  export interface TokenResultTopLogprobsFieldEvent {
    field: '$.topLogprobs[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<TokenResult>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TokenResult.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TokenResult>): TokenResult {
    return decodeMessage(buf, TokenResult.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TokenResult>): Generator<TokenResultIdFieldEvent | TokenResultLogprobFieldEvent | TokenResultTopIdsFieldEvent | TokenResultTopLogprobsFieldEvent> {
    return streamMessage(buf, TokenResult.codec(), opts)
  }
}

export interface Beat {
  state: number
}

export namespace Beat {
  let _codec: Codec<Beat>

  export const codec = (): Codec<Beat> => {
    if (_codec == null) {
      _codec = message<Beat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.state != null && obj.state !== 0)) {
          w.uint32(8)
          w.uint32(obj.state)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          state: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.state = reader.uint32()
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
                field: `${prefix}.state`,
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

  export interface BeatStateFieldEvent {
    field: '$.state'
    value: number
  }

  export function encode (obj: Partial<Beat>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Beat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Beat {
    return decodeMessage(buf, Beat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Beat>): Generator<BeatStateFieldEvent> {
    return streamMessage(buf, Beat.codec(), opts)
  }
}

export interface Stats {
  all?: Work
  prefill?: Work
}

export namespace Stats {
  let _codec: Codec<Stats>

  export const codec = (): Codec<Stats> => {
    if (_codec == null) {
      _codec = message<Stats>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.all != null) {
          w.uint32(10)
          Work.codec().encode(obj.all, w)
        }

        if (obj.prefill != null) {
          w.uint32(18)
          Work.codec().encode(obj.prefill, w)
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
              obj.all = Work.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.all
              })
              break
            }
            case 2: {
              obj.prefill = Work.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prefill
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
              yield * Work.codec().stream(reader, reader.uint32(), `${prefix}.all`, {
                limits: opts.limits?.all
              })

              break
            }
            case 2: {
              yield * Work.codec().stream(reader, reader.uint32(), `${prefix}.prefill`, {
                limits: opts.limits?.prefill
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

  export interface StatsAllLapsFieldEvent {
    field: '$.all.laps'
    value: number
  }

  export interface StatsAllRowsFieldEvent {
    field: '$.all.rows'
    value: number
  }

  export interface StatsAllQueueMsFieldEvent {
    field: '$.all.queueMs'
    value: number
  }

  export interface StatsAllComputeMsFieldEvent {
    field: '$.all.computeMs'
    value: number
  }

  export interface StatsAllSendMsFieldEvent {
    field: '$.all.sendMs'
    value: number
  }

  export interface StatsAllBytesSentFieldEvent {
    field: '$.all.bytesSent'
    value: bigint
  }

  export interface StatsPrefillLapsFieldEvent {
    field: '$.prefill.laps'
    value: number
  }

  export interface StatsPrefillRowsFieldEvent {
    field: '$.prefill.rows'
    value: number
  }

  export interface StatsPrefillQueueMsFieldEvent {
    field: '$.prefill.queueMs'
    value: number
  }

  export interface StatsPrefillComputeMsFieldEvent {
    field: '$.prefill.computeMs'
    value: number
  }

  export interface StatsPrefillSendMsFieldEvent {
    field: '$.prefill.sendMs'
    value: number
  }

  export interface StatsPrefillBytesSentFieldEvent {
    field: '$.prefill.bytesSent'
    value: bigint
  }

  export function encode (obj: Partial<Stats>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Stats.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stats>): Stats {
    return decodeMessage(buf, Stats.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stats>): Generator<StatsAllLapsFieldEvent | StatsAllRowsFieldEvent | StatsAllQueueMsFieldEvent | StatsAllComputeMsFieldEvent | StatsAllSendMsFieldEvent | StatsAllBytesSentFieldEvent | StatsPrefillLapsFieldEvent | StatsPrefillRowsFieldEvent | StatsPrefillQueueMsFieldEvent | StatsPrefillComputeMsFieldEvent | StatsPrefillSendMsFieldEvent | StatsPrefillBytesSentFieldEvent> {
    return streamMessage(buf, Stats.codec(), opts)
  }
}

export interface Work {
  laps: number
  rows: number
  queueMs: number
  computeMs: number
  sendMs: number
  bytesSent: bigint
}

export namespace Work {
  let _codec: Codec<Work>

  export const codec = (): Codec<Work> => {
    if (_codec == null) {
      _codec = message<Work>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.laps != null && obj.laps !== 0)) {
          w.uint32(8)
          w.uint32(obj.laps)
        }

        if ((obj.rows != null && obj.rows !== 0)) {
          w.uint32(16)
          w.uint32(obj.rows)
        }

        if ((obj.queueMs != null && obj.queueMs !== 0)) {
          w.uint32(25)
          w.double(obj.queueMs)
        }

        if ((obj.computeMs != null && obj.computeMs !== 0)) {
          w.uint32(33)
          w.double(obj.computeMs)
        }

        if ((obj.sendMs != null && obj.sendMs !== 0)) {
          w.uint32(41)
          w.double(obj.sendMs)
        }

        if ((obj.bytesSent != null && obj.bytesSent !== 0n)) {
          w.uint32(48)
          w.uint64(obj.bytesSent)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          laps: 0,
          rows: 0,
          queueMs: 0,
          computeMs: 0,
          sendMs: 0,
          bytesSent: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.laps = reader.uint32()
              break
            }
            case 2: {
              obj.rows = reader.uint32()
              break
            }
            case 3: {
              obj.queueMs = reader.double()
              break
            }
            case 4: {
              obj.computeMs = reader.double()
              break
            }
            case 5: {
              obj.sendMs = reader.double()
              break
            }
            case 6: {
              obj.bytesSent = reader.uint64()
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
                field: `${prefix}.laps`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.rows`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.queueMs`,
                value: reader.double()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.computeMs`,
                value: reader.double()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.sendMs`,
                value: reader.double()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.bytesSent`,
                value: reader.uint64()
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

  export interface WorkLapsFieldEvent {
    field: '$.laps'
    value: number
  }

  export interface WorkRowsFieldEvent {
    field: '$.rows'
    value: number
  }

  export interface WorkQueueMsFieldEvent {
    field: '$.queueMs'
    value: number
  }

  export interface WorkComputeMsFieldEvent {
    field: '$.computeMs'
    value: number
  }

  export interface WorkSendMsFieldEvent {
    field: '$.sendMs'
    value: number
  }

  export interface WorkBytesSentFieldEvent {
    field: '$.bytesSent'
    value: bigint
  }

  export function encode (obj: Partial<Work>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Work.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Work>): Work {
    return decodeMessage(buf, Work.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Work>): Generator<WorkLapsFieldEvent | WorkRowsFieldEvent | WorkQueueMsFieldEvent | WorkComputeMsFieldEvent | WorkSendMsFieldEvent | WorkBytesSentFieldEvent> {
    return streamMessage(buf, Work.codec(), opts)
  }
}

export interface Mark {
  frames: number
  hash: Uint8Array<ArrayBuffer>
  signature: Uint8Array<ArrayBuffer>
}

export namespace Mark {
  let _codec: Codec<Mark>

  export const codec = (): Codec<Mark> => {
    if (_codec == null) {
      _codec = message<Mark>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.frames != null && obj.frames !== 0)) {
          w.uint32(8)
          w.uint32(obj.frames)
        }

        if ((obj.hash != null && obj.hash.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.hash)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          frames: 0,
          hash: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.frames = reader.uint32()
              break
            }
            case 2: {
              obj.hash = reader.bytes()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
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
                field: `${prefix}.frames`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.hash`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
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

  export interface MarkFramesFieldEvent {
    field: '$.frames'
    value: number
  }

  export interface MarkHashFieldEvent {
    field: '$.hash'
    value: Uint8Array<ArrayBuffer>
  }

  export interface MarkSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Mark>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Mark.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mark>): Mark {
    return decodeMessage(buf, Mark.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mark>): Generator<MarkFramesFieldEvent | MarkHashFieldEvent | MarkSignatureFieldEvent> {
    return streamMessage(buf, Mark.codec(), opts)
  }
}

export interface Fault {
  kind: number
  code: string
  message: string
  peerId: string
}

export namespace Fault {
  let _codec: Codec<Fault>

  export const codec = (): Codec<Fault> => {
    if (_codec == null) {
      _codec = message<Fault>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.kind != null && obj.kind !== 0)) {
          w.uint32(8)
          w.uint32(obj.kind)
        }

        if ((obj.code != null && obj.code !== '')) {
          w.uint32(18)
          w.string(obj.code)
        }

        if ((obj.message != null && obj.message !== '')) {
          w.uint32(26)
          w.string(obj.message)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(34)
          w.string(obj.peerId)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: 0,
          code: '',
          message: '',
          peerId: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = reader.uint32()
              break
            }
            case 2: {
              obj.code = reader.string()
              break
            }
            case 3: {
              obj.message = reader.string()
              break
            }
            case 4: {
              obj.peerId = reader.string()
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
                field: `${prefix}.kind`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.code`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.message`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.peerId`,
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

  export interface FaultKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface FaultCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface FaultMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface FaultPeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export function encode (obj: Partial<Fault>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Fault.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fault>): Fault {
    return decodeMessage(buf, Fault.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Fault>): Generator<FaultKindFieldEvent | FaultCodeFieldEvent | FaultMessageFieldEvent | FaultPeerIdFieldEvent> {
    return streamMessage(buf, Fault.codec(), opts)
  }
}

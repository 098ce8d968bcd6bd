// @ts-nocheck generated
import { decodeMessage, encodeMessage, MaxLengthError, MaxSizeError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Request {
  modelId: string
  chat: Message[]
  text?: string
  special: boolean
  ids?: Uint8Array<ArrayBuffer>
  maxTokens: number
  stop: string[]
  sampling?: Sampling
  wire: string
  scorePrompt: boolean
  ignoreEos: boolean
  generatedIds?: Uint8Array<ArrayBuffer>
}

export namespace Request {
  let _codec: Codec<Request>

  export const codec = (): Codec<Request> => {
    if (_codec == null) {
      _codec = message<Request>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.modelId != null && obj.modelId !== '')) {
          w.uint32(10)
          w.string(obj.modelId)
        }

        if (obj.chat != null && obj.chat.length > 0) {
          for (const value of obj.chat) {
            w.uint32(18)
            Message.codec().encode(value, w)
          }
        }

        if (obj.text != null) {
          w.uint32(26)
          w.string(obj.text)
        }

        if ((obj.special != null && obj.special !== false)) {
          w.uint32(32)
          w.bool(obj.special)
        }

        if (obj.ids != null) {
          w.uint32(42)
          w.bytes(obj.ids)
        }

        if ((obj.maxTokens != null && obj.maxTokens !== 0)) {
          w.uint32(48)
          w.uint32(obj.maxTokens)
        }

        if (obj.stop != null && obj.stop.length > 0) {
          for (const value of obj.stop) {
            w.uint32(58)
            w.string(value)
          }
        }

        if (obj.sampling != null) {
          w.uint32(66)
          Sampling.codec().encode(obj.sampling, w)
        }

        if ((obj.wire != null && obj.wire !== '')) {
          w.uint32(74)
          w.string(obj.wire)
        }

        if ((obj.scorePrompt != null && obj.scorePrompt !== false)) {
          w.uint32(80)
          w.bool(obj.scorePrompt)
        }

        if ((obj.ignoreEos != null && obj.ignoreEos !== false)) {
          w.uint32(88)
          w.bool(obj.ignoreEos)
        }

        if (obj.generatedIds != null) {
          w.uint32(98)
          w.bytes(obj.generatedIds)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          modelId: '',
          chat: [],
          special: false,
          maxTokens: 0,
          stop: [],
          wire: '',
          scorePrompt: false,
          ignoreEos: false
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
              if (opts.limits?.chat != null && obj.chat.length === opts.limits.chat) {
                throw new MaxLengthError('Decode error - repeated field "chat" had too many elements')
              }

              if (obj.chat.length === 4096) {
                throw new MaxLengthError('Decode error - repeated field "chat" had too many elements')
              }

              obj.chat.push(Message.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.chat$
              }))
              break
            }
            case 3: {
              obj.text = reader.string()
              break
            }
            case 4: {
              obj.special = reader.bool()
              break
            }
            case 5: {
              obj.ids = reader.bytes()
              break
            }
            case 6: {
              obj.maxTokens = reader.uint32()
              break
            }
            case 7: {
              if (opts.limits?.stop != null && obj.stop.length === opts.limits.stop) {
                throw new MaxLengthError('Decode error - repeated field "stop" had too many elements')
              }

              if (obj.stop.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "stop" had too many elements')
              }

              obj.stop.push(reader.string())
              break
            }
            case 8: {
              obj.sampling = Sampling.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.sampling
              })
              break
            }
            case 9: {
              obj.wire = reader.string()
              break
            }
            case 10: {
              obj.scorePrompt = reader.bool()
              break
            }
            case 11: {
              obj.ignoreEos = reader.bool()
              break
            }
            case 12: {
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
        const obj = {
          chat: 4096,
          stop: 64
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
              if (opts.limits?.chat != null && obj.chat === opts.limits.chat) {
                throw new MaxLengthError('Streaming decode error - repeated field "chat" had too many elements')
              }

              if (obj.chat === 4096) {
                throw new MaxLengthError('Streaming decode error - repeated field "chat" had too many elements')
              }

              for (const evt of Message.codec().stream(reader, reader.uint32(), `${prefix}.chat[]`, {
                limits: opts.limits?.chat$
              })) {
                yield {
                  ...evt,
                  index: obj.chat
                }
              }

              obj.chat++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.special`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.ids`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.maxTokens`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              if (opts.limits?.stop != null && obj.stop === opts.limits.stop) {
                throw new MaxLengthError('Streaming decode error - repeated field "stop" had too many elements')
              }

              if (obj.stop === 64) {
                throw new MaxLengthError('Streaming decode error - repeated field "stop" had too many elements')
              }

              yield {
                field: `${prefix}.stop[]`,
                index: obj.stop,
                value: reader.string()
              }

              obj.stop++

              break
            }
            case 8: {
              yield * Sampling.codec().stream(reader, reader.uint32(), `${prefix}.sampling`, {
                limits: opts.limits?.sampling
              })

              break
            }
            case 9: {
              yield {
                field: `${prefix}.wire`,
                value: reader.string()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.scorePrompt`,
                value: reader.bool()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.ignoreEos`,
                value: reader.bool()
              }
              break
            }
            case 12: {
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

  export interface RequestModelIdFieldEvent {
    field: '$.modelId'
    value: string
  }

  export interface RequestChatRoleFieldEvent {
    field: '$.chat[].role'
    value: string
    index: number
  }

  export interface RequestChatContentFieldEvent {
    field: '$.chat[].content'
    value: string
    index: number
  }

  export interface RequestTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface RequestSpecialFieldEvent {
    field: '$.special'
    value: boolean
  }

  export interface RequestIdsFieldEvent {
    field: '$.ids'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestMaxTokensFieldEvent {
    field: '$.maxTokens'
    value: number
  }

  export interface RequestStopFieldEvent {
    field: '$.stop[]'
    index: number
    value: string
  }

  export interface RequestSamplingTemperatureFieldEvent {
    field: '$.sampling.temperature'
    value: number
  }

  export interface RequestSamplingTopPFieldEvent {
    field: '$.sampling.topP'
    value: number
  }

  export interface RequestSamplingTopKFieldEvent {
    field: '$.sampling.topK'
    value: number
  }

  export interface RequestSamplingMinPFieldEvent {
    field: '$.sampling.minP'
    value: number
  }

  export interface RequestSamplingRepetitionPenaltyFieldEvent {
    field: '$.sampling.repetitionPenalty'
    value: number
  }

  export interface RequestSamplingPresencePenaltyFieldEvent {
    field: '$.sampling.presencePenalty'
    value: number
  }

  export interface RequestSamplingFrequencyPenaltyFieldEvent {
    field: '$.sampling.frequencyPenalty'
    value: number
  }

  export interface RequestSamplingLogitBiasFieldEvent {
    field: '$.sampling.logitBias{}'
    key: number
    value: number
  }

  export interface RequestSamplingSeedFieldEvent {
    field: '$.sampling.seed'
    value: bigint
  }

  export interface RequestSamplingLogprobsFieldEvent {
    field: '$.sampling.logprobs'
    value: number
  }

  export interface RequestWireFieldEvent {
    field: '$.wire'
    value: string
  }

  export interface RequestScorePromptFieldEvent {
    field: '$.scorePrompt'
    value: boolean
  }

  export interface RequestIgnoreEosFieldEvent {
    field: '$.ignoreEos'
    value: boolean
  }

  export interface RequestGeneratedIdsFieldEvent {
    field: '$.generatedIds'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Request>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Request.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Request {
    return decodeMessage(buf, Request.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Generator<RequestModelIdFieldEvent | RequestChatRoleFieldEvent | RequestChatContentFieldEvent | RequestTextFieldEvent | RequestSpecialFieldEvent | RequestIdsFieldEvent | RequestMaxTokensFieldEvent | RequestStopFieldEvent | RequestSamplingTemperatureFieldEvent | RequestSamplingTopPFieldEvent | RequestSamplingTopKFieldEvent | RequestSamplingMinPFieldEvent | RequestSamplingRepetitionPenaltyFieldEvent | RequestSamplingPresencePenaltyFieldEvent | RequestSamplingFrequencyPenaltyFieldEvent | RequestSamplingLogitBiasFieldEvent | RequestSamplingSeedFieldEvent | RequestSamplingLogprobsFieldEvent | RequestWireFieldEvent | RequestScorePromptFieldEvent | RequestIgnoreEosFieldEvent | RequestGeneratedIdsFieldEvent> {
    return streamMessage(buf, Request.codec(), opts)
  }
}

export interface Message {
  role: string
  content: string
}

export namespace Message {
  let _codec: Codec<Message>

  export const codec = (): Codec<Message> => {
    if (_codec == null) {
      _codec = message<Message>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.role != null && obj.role !== '')) {
          w.uint32(10)
          w.string(obj.role)
        }

        if ((obj.content != null && obj.content !== '')) {
          w.uint32(18)
          w.string(obj.content)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          role: '',
          content: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.role = reader.string()
              break
            }
            case 2: {
              obj.content = reader.string()
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
                field: `${prefix}.role`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.content`,
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

  export interface MessageRoleFieldEvent {
    field: '$.role'
    value: string
  }

  export interface MessageContentFieldEvent {
    field: '$.content'
    value: string
  }

  export function encode (obj: Partial<Message>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Message.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Message {
    return decodeMessage(buf, Message.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Generator<MessageRoleFieldEvent | MessageContentFieldEvent> {
    return streamMessage(buf, Message.codec(), opts)
  }
}

export interface Sampling {
  temperature?: number
  topP?: number
  topK?: number
  minP?: number
  repetitionPenalty?: number
  presencePenalty?: number
  frequencyPenalty?: number
  logitBias: Map<number, number>
  seed?: bigint
  logprobs?: number
}

export namespace Sampling {
  export interface Sampling$logitBiasEntry {
    key: number
    value: number
  }

  export namespace Sampling$logitBiasEntry {
    let _codec: Codec<Sampling$logitBiasEntry>

    export const codec = (): Codec<Sampling$logitBiasEntry> => {
      if (_codec == null) {
        _codec = message<Sampling$logitBiasEntry>((obj, w, opts = {}) => {
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

    export interface Sampling$logitBiasEntryKeyFieldEvent {
      field: '$.key'
      value: number
    }

    export interface Sampling$logitBiasEntryValueFieldEvent {
      field: '$.value'
      value: number
    }

    export function encode (obj: Partial<Sampling$logitBiasEntry>): Uint8Array<ArrayBuffer> {
      return encodeMessage(obj, Sampling$logitBiasEntry.codec())
    }

    export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sampling$logitBiasEntry>): Sampling$logitBiasEntry {
      return decodeMessage(buf, Sampling$logitBiasEntry.codec(), opts)
    }

    export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sampling$logitBiasEntry>): Generator<Sampling$logitBiasEntryKeyFieldEvent | Sampling$logitBiasEntryValueFieldEvent> {
      return streamMessage(buf, Sampling$logitBiasEntry.codec(), opts)
    }
  }

  let _codec: Codec<Sampling>

  export const codec = (): Codec<Sampling> => {
    if (_codec == null) {
      _codec = message<Sampling>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.temperature != null) {
          w.uint32(9)
          w.double(obj.temperature)
        }

        if (obj.topP != null) {
          w.uint32(17)
          w.double(obj.topP)
        }

        if (obj.topK != null) {
          w.uint32(24)
          w.uint32(obj.topK)
        }

        if (obj.minP != null) {
          w.uint32(33)
          w.double(obj.minP)
        }

        if (obj.repetitionPenalty != null) {
          w.uint32(41)
          w.double(obj.repetitionPenalty)
        }

        if (obj.presencePenalty != null) {
          w.uint32(49)
          w.double(obj.presencePenalty)
        }

        if (obj.frequencyPenalty != null) {
          w.uint32(57)
          w.double(obj.frequencyPenalty)
        }

        if (obj.logitBias != null && obj.logitBias.size > 0) {
          for (const [key, value] of obj.logitBias.entries()) {
            w.uint32(66)
            Sampling.Sampling$logitBiasEntry.codec().encode({ key, value }, w)
          }
        }

        if (obj.seed != null) {
          w.uint32(72)
          w.uint64(obj.seed)
        }

        if (obj.logprobs != null) {
          w.uint32(80)
          w.uint32(obj.logprobs)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          logitBias: new Map<number, number>()
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.temperature = reader.double()
              break
            }
            case 2: {
              obj.topP = reader.double()
              break
            }
            case 3: {
              obj.topK = reader.uint32()
              break
            }
            case 4: {
              obj.minP = reader.double()
              break
            }
            case 5: {
              obj.repetitionPenalty = reader.double()
              break
            }
            case 6: {
              obj.presencePenalty = reader.double()
              break
            }
            case 7: {
              obj.frequencyPenalty = reader.double()
              break
            }
            case 8: {
              if (opts.limits?.logitBias != null && obj.logitBias.size === opts.limits.logitBias) {
                throw new MaxSizeError('Decode error - map field "logitBias" had too many elements')
              }

              if (obj.logitBias.size === 1024) {
                throw new MaxSizeError('Decode error - map field "logitBias" had too many elements')
              }

              const entry = Sampling.Sampling$logitBiasEntry.codec().decode(reader, reader.uint32(), {
                limits: {
                  value: opts.limits?.logitBias$value
                }
              })
              obj.logitBias.set(entry.key, entry.value)
              break
            }
            case 9: {
              obj.seed = reader.uint64()
              break
            }
            case 10: {
              obj.logprobs = reader.uint32()
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
          logitBias: 1024
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.temperature`,
                value: reader.double()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.topP`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.topK`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.minP`,
                value: reader.double()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.repetitionPenalty`,
                value: reader.double()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.presencePenalty`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.frequencyPenalty`,
                value: reader.double()
              }
              break
            }
            case 8: {
              if (opts.limits?.logitBias != null && obj.logitBias === opts.limits.logitBias) {
                throw new MaxLengthError('Decode error - map field "logitBias" had too many elements')
              }

              if (obj.logitBias === 1024) {
                throw new MaxLengthError('Decode error - repeated field "logitBias" had too many elements')
              }

              yield * Sampling.Sampling$logitBiasEntry.codec().stream(reader, reader.uint32(), `${prefix}.logitBias{}`, {
                limits: {
                  value: opts.limits?.logitBias$value
                }
              })

              obj.logitBias++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.seed`,
                value: reader.uint64()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.logprobs`,
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

  export interface SamplingTemperatureFieldEvent {
    field: '$.temperature'
    value: number
  }

  export interface SamplingTopPFieldEvent {
    field: '$.topP'
    value: number
  }

  export interface SamplingTopKFieldEvent {
    field: '$.topK'
    value: number
  }

  export interface SamplingMinPFieldEvent {
    field: '$.minP'
    value: number
  }

  export interface SamplingRepetitionPenaltyFieldEvent {
    field: '$.repetitionPenalty'
    value: number
  }

  export interface SamplingPresencePenaltyFieldEvent {
    field: '$.presencePenalty'
    value: number
  }

  export interface SamplingFrequencyPenaltyFieldEvent {
    field: '$.frequencyPenalty'
    value: number
  }

  export interface SamplingLogitBiasFieldEvent {
    field: '$.logitBias{}'
    key: number
    value: number
  }

  export interface SamplingSeedFieldEvent {
    field: '$.seed'
    value: bigint
  }

  export interface SamplingLogprobsFieldEvent {
    field: '$.logprobs'
    value: number
  }

  export function encode (obj: Partial<Sampling>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Sampling.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sampling>): Sampling {
    return decodeMessage(buf, Sampling.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sampling>): Generator<SamplingTemperatureFieldEvent | SamplingTopPFieldEvent | SamplingTopKFieldEvent | SamplingMinPFieldEvent | SamplingRepetitionPenaltyFieldEvent | SamplingPresencePenaltyFieldEvent | SamplingFrequencyPenaltyFieldEvent | SamplingLogitBiasFieldEvent | SamplingSeedFieldEvent | SamplingLogprobsFieldEvent> {
    return streamMessage(buf, Sampling.codec(), opts)
  }
}

export interface Started {
  sessionId: Uint8Array<ArrayBuffer>
  promptTokens: number
  route: Stage[]
  promptIds: Uint8Array<ArrayBuffer>
  seed: bigint
}

export namespace Started {
  let _codec: Codec<Started>

  export const codec = (): Codec<Started> => {
    if (_codec == null) {
      _codec = message<Started>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sessionId != null && obj.sessionId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sessionId)
        }

        if ((obj.promptTokens != null && obj.promptTokens !== 0)) {
          w.uint32(16)
          w.uint32(obj.promptTokens)
        }

        if (obj.route != null && obj.route.length > 0) {
          for (const value of obj.route) {
            w.uint32(26)
            Stage.codec().encode(value, w)
          }
        }

        if ((obj.promptIds != null && obj.promptIds.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.promptIds)
        }

        if ((obj.seed != null && obj.seed !== 0n)) {
          w.uint32(40)
          w.uint64(obj.seed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sessionId: uint8ArrayAlloc(0),
          promptTokens: 0,
          route: [],
          promptIds: uint8ArrayAlloc(0),
          seed: 0n
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sessionId = reader.bytes()
              break
            }
            case 2: {
              obj.promptTokens = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.route != null && obj.route.length === opts.limits.route) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              if (obj.route.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              obj.route.push(Stage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.route$
              }))
              break
            }
            case 4: {
              obj.promptIds = reader.bytes()
              break
            }
            case 5: {
              obj.seed = reader.uint64()
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
          route: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sessionId`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.promptTokens`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              if (opts.limits?.route != null && obj.route === opts.limits.route) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              if (obj.route === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              for (const evt of Stage.codec().stream(reader, reader.uint32(), `${prefix}.route[]`, {
                limits: opts.limits?.route$
              })) {
                yield {
                  ...evt,
                  index: obj.route
                }
              }

              obj.route++

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
                field: `${prefix}.seed`,
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

  export interface StartedSessionIdFieldEvent {
    field: '$.sessionId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StartedPromptTokensFieldEvent {
    field: '$.promptTokens'
    value: number
  }

  export interface StartedRoutePeerIdFieldEvent {
    field: '$.route[].peerId'
    value: string
    index: number
  }

  export interface StartedRouteStartFieldEvent {
    field: '$.route[].start'
    value: number
    index: number
  }

  export interface StartedRouteEndFieldEvent {
    field: '$.route[].end'
    value: number
    index: number
  }

  export interface StartedPromptIdsFieldEvent {
    field: '$.promptIds'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StartedSeedFieldEvent {
    field: '$.seed'
    value: bigint
  }

  export function encode (obj: Partial<Started>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Started.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Started>): Started {
    return decodeMessage(buf, Started.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Started>): Generator<StartedSessionIdFieldEvent | StartedPromptTokensFieldEvent | StartedRoutePeerIdFieldEvent | StartedRouteStartFieldEvent | StartedRouteEndFieldEvent | StartedPromptIdsFieldEvent | StartedSeedFieldEvent> {
    return streamMessage(buf, Started.codec(), opts)
  }
}

export interface Repaired {
  lost: Stage[]
  tookMs: number
  replayed: number
  route: Stage[]
}

export namespace Repaired {
  let _codec: Codec<Repaired>

  export const codec = (): Codec<Repaired> => {
    if (_codec == null) {
      _codec = message<Repaired>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.lost != null && obj.lost.length > 0) {
          for (const value of obj.lost) {
            w.uint32(10)
            Stage.codec().encode(value, w)
          }
        }

        if ((obj.tookMs != null && obj.tookMs !== 0)) {
          w.uint32(17)
          w.double(obj.tookMs)
        }

        if ((obj.replayed != null && obj.replayed !== 0)) {
          w.uint32(24)
          w.uint32(obj.replayed)
        }

        if (obj.route != null && obj.route.length > 0) {
          for (const value of obj.route) {
            w.uint32(34)
            Stage.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          lost: [],
          tookMs: 0,
          replayed: 0,
          route: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.lost != null && obj.lost.length === opts.limits.lost) {
                throw new MaxLengthError('Decode error - repeated field "lost" had too many elements')
              }

              if (obj.lost.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "lost" had too many elements')
              }

              obj.lost.push(Stage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lost$
              }))
              break
            }
            case 2: {
              obj.tookMs = reader.double()
              break
            }
            case 3: {
              obj.replayed = reader.uint32()
              break
            }
            case 4: {
              if (opts.limits?.route != null && obj.route.length === opts.limits.route) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              if (obj.route.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              obj.route.push(Stage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.route$
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
          lost: 256,
          route: 256
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.lost != null && obj.lost === opts.limits.lost) {
                throw new MaxLengthError('Streaming decode error - repeated field "lost" had too many elements')
              }

              if (obj.lost === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "lost" had too many elements')
              }

              for (const evt of Stage.codec().stream(reader, reader.uint32(), `${prefix}.lost[]`, {
                limits: opts.limits?.lost$
              })) {
                yield {
                  ...evt,
                  index: obj.lost
                }
              }

              obj.lost++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.tookMs`,
                value: reader.double()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.replayed`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              if (opts.limits?.route != null && obj.route === opts.limits.route) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              if (obj.route === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              for (const evt of Stage.codec().stream(reader, reader.uint32(), `${prefix}.route[]`, {
                limits: opts.limits?.route$
              })) {
                yield {
                  ...evt,
                  index: obj.route
                }
              }

              obj.route++

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

  export interface RepairedLostPeerIdFieldEvent {
    field: '$.lost[].peerId'
    value: string
    index: number
  }

  export interface RepairedLostStartFieldEvent {
    field: '$.lost[].start'
    value: number
    index: number
  }

  export interface RepairedLostEndFieldEvent {
    field: '$.lost[].end'
    value: number
    index: number
  }

  export interface RepairedTookMsFieldEvent {
    field: '$.tookMs'
    value: number
  }

  export interface RepairedReplayedFieldEvent {
    field: '$.replayed'
    value: number
  }

  export interface RepairedRoutePeerIdFieldEvent {
    field: '$.route[].peerId'
    value: string
    index: number
  }

  export interface RepairedRouteStartFieldEvent {
    field: '$.route[].start'
    value: number
    index: number
  }

  export interface RepairedRouteEndFieldEvent {
    field: '$.route[].end'
    value: number
    index: number
  }

  export function encode (obj: Partial<Repaired>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Repaired.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Repaired>): Repaired {
    return decodeMessage(buf, Repaired.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Repaired>): Generator<RepairedLostPeerIdFieldEvent | RepairedLostStartFieldEvent | RepairedLostEndFieldEvent | RepairedTookMsFieldEvent | RepairedReplayedFieldEvent | RepairedRoutePeerIdFieldEvent | RepairedRouteStartFieldEvent | RepairedRouteEndFieldEvent> {
    return streamMessage(buf, Repaired.codec(), opts)
  }
}

export interface Stage {
  peerId: string
  start: number
  end: number
}

export namespace Stage {
  let _codec: Codec<Stage>

  export const codec = (): Codec<Stage> => {
    if (_codec == null) {
      _codec = message<Stage>((obj, w, opts = {}) => {
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

        if ((obj.end != null && obj.end !== 0)) {
          w.uint32(24)
          w.uint32(obj.end)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          peerId: '',
          start: 0,
          end: 0
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
              obj.end = reader.uint32()
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
              yield {
                field: `${prefix}.end`,
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

  export interface StagePeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export interface StageStartFieldEvent {
    field: '$.start'
    value: number
  }

  export interface StageEndFieldEvent {
    field: '$.end'
    value: number
  }

  export function encode (obj: Partial<Stage>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Stage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stage>): Stage {
    return decodeMessage(buf, Stage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Stage>): Generator<StagePeerIdFieldEvent | StageStartFieldEvent | StageEndFieldEvent> {
    return streamMessage(buf, Stage.codec(), opts)
  }
}

export interface Scored {
  tokens: Token[]
}

export namespace Scored {
  let _codec: Codec<Scored>

  export const codec = (): Codec<Scored> => {
    if (_codec == null) {
      _codec = message<Scored>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.tokens != null && obj.tokens.length > 0) {
          for (const value of obj.tokens) {
            w.uint32(10)
            Token.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tokens: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.tokens != null && obj.tokens.length === opts.limits.tokens) {
                throw new MaxLengthError('Decode error - repeated field "tokens" had too many elements')
              }

              if (obj.tokens.length === 1048576) {
                throw new MaxLengthError('Decode error - repeated field "tokens" had too many elements')
              }

              obj.tokens.push(Token.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tokens$
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
          tokens: 1048576
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.tokens != null && obj.tokens === opts.limits.tokens) {
                throw new MaxLengthError('Streaming decode error - repeated field "tokens" had too many elements')
              }

              if (obj.tokens === 1048576) {
                throw new MaxLengthError('Streaming decode error - repeated field "tokens" had too many elements')
              }

              for (const evt of Token.codec().stream(reader, reader.uint32(), `${prefix}.tokens[]`, {
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

  export interface ScoredTokensIdFieldEvent {
    field: '$.tokens[].id'
    value: number
    index: number
  }

  export interface ScoredTokensTextFieldEvent {
    field: '$.tokens[].text'
    value: string
    index: number
  }

  export interface ScoredTokensLogprobFieldEvent {
    field: '$.tokens[].logprob'
    value: number
    index: number
  }

  export interface ScoredTokensTopIdsFieldEvent {
    field: '$.tokens[].topIds[]'
    index: number
    value: number
  }

  export interface ScoredTokensTopLogprobsFieldEvent {
    field: '$.tokens[].topLogprobs[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Scored>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Scored.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Scored>): Scored {
    return decodeMessage(buf, Scored.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Scored>): Generator<ScoredTokensIdFieldEvent | ScoredTokensTextFieldEvent | ScoredTokensLogprobFieldEvent | ScoredTokensTopIdsFieldEvent | ScoredTokensTopLogprobsFieldEvent> {
    return streamMessage(buf, Scored.codec(), opts)
  }
}

export interface Token {
  id: number
  text: string
  logprob?: number
  topIds: number[]
  topLogprobs: number[]
}

export namespace Token {
  let _codec: Codec<Token>

  export const codec = (): Codec<Token> => {
    if (_codec == null) {
      _codec = message<Token>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== 0)) {
          w.uint32(8)
          w.uint32(obj.id)
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(18)
          w.string(obj.text)
        }

        if (obj.logprob != null) {
          w.uint32(29)
          w.float(obj.logprob)
        }

        if (obj.topIds != null && obj.topIds.length > 0) {
          for (const value of obj.topIds) {
            w.uint32(32)
            w.uint32(value)
          }
        }

        if (obj.topLogprobs != null && obj.topLogprobs.length > 0) {
          for (const value of obj.topLogprobs) {
            w.uint32(45)
            w.float(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: 0,
          text: '',
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
              obj.text = reader.string()
              break
            }
            case 3: {
              obj.logprob = reader.float()
              break
            }
            case 4: {
              if (opts.limits?.topIds != null && obj.topIds.length === opts.limits.topIds) {
                throw new MaxLengthError('Decode error - repeated field "topIds" had too many elements')
              }

              if (obj.topIds.length === 64) {
                throw new MaxLengthError('Decode error - repeated field "topIds" had too many elements')
              }

              obj.topIds.push(reader.uint32())
              break
            }
            case 5: {
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
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.logprob`,
                value: reader.float()
              }
              break
            }
            case 4: {
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
            case 5: {
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

  export interface TokenIdFieldEvent {
    field: '$.id'
    value: number
  }

  export interface TokenTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface TokenLogprobFieldEvent {
    field: '$.logprob'
    value: number
  }

  export interface TokenTopIdsFieldEvent {
    field: '$.topIds[]'
    index: number
    value: number
  }

  export interface TokenTopLogprobsFieldEvent {
    field: '$.topLogprobs[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<Token>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Token.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Token>): Token {
    return decodeMessage(buf, Token.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Token>): Generator<TokenIdFieldEvent | TokenTextFieldEvent | TokenLogprobFieldEvent | TokenTopIdsFieldEvent | TokenTopLogprobsFieldEvent> {
    return streamMessage(buf, Token.codec(), opts)
  }
}

export interface Done {
  text: string
  tokens: Uint8Array<ArrayBuffer>
  finishReason: string
  promptTokens: number
  completionTokens: number
  cachedTokens: number
  route: Stage[]
  ttftMs: number
  totalMs: number
  tokensPerSecond: number
}

export namespace Done {
  let _codec: Codec<Done>

  export const codec = (): Codec<Done> => {
    if (_codec == null) {
      _codec = message<Done>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(10)
          w.string(obj.text)
        }

        if ((obj.tokens != null && obj.tokens.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.tokens)
        }

        if ((obj.finishReason != null && obj.finishReason !== '')) {
          w.uint32(26)
          w.string(obj.finishReason)
        }

        if ((obj.promptTokens != null && obj.promptTokens !== 0)) {
          w.uint32(32)
          w.uint32(obj.promptTokens)
        }

        if ((obj.completionTokens != null && obj.completionTokens !== 0)) {
          w.uint32(40)
          w.uint32(obj.completionTokens)
        }

        if ((obj.cachedTokens != null && obj.cachedTokens !== 0)) {
          w.uint32(48)
          w.uint32(obj.cachedTokens)
        }

        if (obj.route != null && obj.route.length > 0) {
          for (const value of obj.route) {
            w.uint32(58)
            Stage.codec().encode(value, w)
          }
        }

        if ((obj.ttftMs != null && obj.ttftMs !== 0)) {
          w.uint32(65)
          w.double(obj.ttftMs)
        }

        if ((obj.totalMs != null && obj.totalMs !== 0)) {
          w.uint32(73)
          w.double(obj.totalMs)
        }

        if ((obj.tokensPerSecond != null && obj.tokensPerSecond !== 0)) {
          w.uint32(81)
          w.double(obj.tokensPerSecond)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          text: '',
          tokens: uint8ArrayAlloc(0),
          finishReason: '',
          promptTokens: 0,
          completionTokens: 0,
          cachedTokens: 0,
          route: [],
          ttftMs: 0,
          totalMs: 0,
          tokensPerSecond: 0
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
              obj.tokens = reader.bytes()
              break
            }
            case 3: {
              obj.finishReason = reader.string()
              break
            }
            case 4: {
              obj.promptTokens = reader.uint32()
              break
            }
            case 5: {
              obj.completionTokens = reader.uint32()
              break
            }
            case 6: {
              obj.cachedTokens = reader.uint32()
              break
            }
            case 7: {
              if (opts.limits?.route != null && obj.route.length === opts.limits.route) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              if (obj.route.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "route" had too many elements')
              }

              obj.route.push(Stage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.route$
              }))
              break
            }
            case 8: {
              obj.ttftMs = reader.double()
              break
            }
            case 9: {
              obj.totalMs = reader.double()
              break
            }
            case 10: {
              obj.tokensPerSecond = reader.double()
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
          route: 256
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
                field: `${prefix}.tokens`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.finishReason`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.promptTokens`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.completionTokens`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.cachedTokens`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              if (opts.limits?.route != null && obj.route === opts.limits.route) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              if (obj.route === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "route" had too many elements')
              }

              for (const evt of Stage.codec().stream(reader, reader.uint32(), `${prefix}.route[]`, {
                limits: opts.limits?.route$
              })) {
                yield {
                  ...evt,
                  index: obj.route
                }
              }

              obj.route++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.ttftMs`,
                value: reader.double()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.totalMs`,
                value: reader.double()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.tokensPerSecond`,
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

  export interface DoneTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface DoneTokensFieldEvent {
    field: '$.tokens'
    value: Uint8Array<ArrayBuffer>
  }

  export interface DoneFinishReasonFieldEvent {
    field: '$.finishReason'
    value: string
  }

  export interface DonePromptTokensFieldEvent {
    field: '$.promptTokens'
    value: number
  }

  export interface DoneCompletionTokensFieldEvent {
    field: '$.completionTokens'
    value: number
  }

  export interface DoneCachedTokensFieldEvent {
    field: '$.cachedTokens'
    value: number
  }

  export interface DoneRoutePeerIdFieldEvent {
    field: '$.route[].peerId'
    value: string
    index: number
  }

  export interface DoneRouteStartFieldEvent {
    field: '$.route[].start'
    value: number
    index: number
  }

  export interface DoneRouteEndFieldEvent {
    field: '$.route[].end'
    value: number
    index: number
  }

  export interface DoneTtftMsFieldEvent {
    field: '$.ttftMs'
    value: number
  }

  export interface DoneTotalMsFieldEvent {
    field: '$.totalMs'
    value: number
  }

  export interface DoneTokensPerSecondFieldEvent {
    field: '$.tokensPerSecond'
    value: number
  }

  export function encode (obj: Partial<Done>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Done.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Done {
    return decodeMessage(buf, Done.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Generator<DoneTextFieldEvent | DoneTokensFieldEvent | DoneFinishReasonFieldEvent | DonePromptTokensFieldEvent | DoneCompletionTokensFieldEvent | DoneCachedTokensFieldEvent | DoneRoutePeerIdFieldEvent | DoneRouteStartFieldEvent | DoneRouteEndFieldEvent | DoneTtftMsFieldEvent | DoneTotalMsFieldEvent | DoneTokensPerSecondFieldEvent> {
    return streamMessage(buf, Done.codec(), opts)
  }
}

export interface Failure {
  kind: number
  code: string
  message: string
  retryAfterMs: number
  peerId: string
}

export namespace Failure {
  let _codec: Codec<Failure>

  export const codec = (): Codec<Failure> => {
    if (_codec == null) {
      _codec = message<Failure>((obj, w, opts = {}) => {
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

        if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
          w.uint32(32)
          w.uint32(obj.retryAfterMs)
        }

        if ((obj.peerId != null && obj.peerId !== '')) {
          w.uint32(42)
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
          retryAfterMs: 0,
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
              obj.retryAfterMs = reader.uint32()
              break
            }
            case 5: {
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
                field: `${prefix}.retryAfterMs`,
                value: reader.uint32()
              }
              break
            }
            case 5: {
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

  export interface FailureKindFieldEvent {
    field: '$.kind'
    value: number
  }

  export interface FailureCodeFieldEvent {
    field: '$.code'
    value: string
  }

  export interface FailureMessageFieldEvent {
    field: '$.message'
    value: string
  }

  export interface FailureRetryAfterMsFieldEvent {
    field: '$.retryAfterMs'
    value: number
  }

  export interface FailurePeerIdFieldEvent {
    field: '$.peerId'
    value: string
  }

  export function encode (obj: Partial<Failure>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Failure.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Failure {
    return decodeMessage(buf, Failure.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Generator<FailureKindFieldEvent | FailureCodeFieldEvent | FailureMessageFieldEvent | FailureRetryAfterMsFieldEvent | FailurePeerIdFieldEvent> {
    return streamMessage(buf, Failure.codec(), opts)
  }
}

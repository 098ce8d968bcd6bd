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
  format?: string
  schema?: string
  tools: Tool[]
  toolChoice?: string
  toolName?: string
  oneToolCall: boolean
  embed?: string
  takeOver?: TakeOver
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

        if (obj.format != null) {
          w.uint32(106)
          w.string(obj.format)
        }

        if (obj.schema != null) {
          w.uint32(114)
          w.string(obj.schema)
        }

        if (obj.tools != null && obj.tools.length > 0) {
          for (const value of obj.tools) {
            w.uint32(122)
            Tool.codec().encode(value, w)
          }
        }

        if (obj.toolChoice != null) {
          w.uint32(130)
          w.string(obj.toolChoice)
        }

        if (obj.toolName != null) {
          w.uint32(138)
          w.string(obj.toolName)
        }

        if ((obj.oneToolCall != null && obj.oneToolCall !== false)) {
          w.uint32(144)
          w.bool(obj.oneToolCall)
        }

        if (obj.embed != null) {
          w.uint32(154)
          w.string(obj.embed)
        }

        if (obj.takeOver != null) {
          w.uint32(162)
          TakeOver.codec().encode(obj.takeOver, w)
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
          ignoreEos: false,
          tools: [],
          oneToolCall: false
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
            case 13: {
              obj.format = reader.string()
              break
            }
            case 14: {
              obj.schema = reader.string()
              break
            }
            case 15: {
              if (opts.limits?.tools != null && obj.tools.length === opts.limits.tools) {
                throw new MaxLengthError('Decode error - repeated field "tools" had too many elements')
              }

              if (obj.tools.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "tools" had too many elements')
              }

              obj.tools.push(Tool.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tools$
              }))
              break
            }
            case 16: {
              obj.toolChoice = reader.string()
              break
            }
            case 17: {
              obj.toolName = reader.string()
              break
            }
            case 18: {
              obj.oneToolCall = reader.bool()
              break
            }
            case 19: {
              obj.embed = reader.string()
              break
            }
            case 20: {
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
          chat: 4096,
          stop: 64,
          tools: 128
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
            case 13: {
              yield {
                field: `${prefix}.format`,
                value: reader.string()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.schema`,
                value: reader.string()
              }
              break
            }
            case 15: {
              if (opts.limits?.tools != null && obj.tools === opts.limits.tools) {
                throw new MaxLengthError('Streaming decode error - repeated field "tools" had too many elements')
              }

              if (obj.tools === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "tools" had too many elements')
              }

              for (const evt of Tool.codec().stream(reader, reader.uint32(), `${prefix}.tools[]`, {
                limits: opts.limits?.tools$
              })) {
                yield {
                  ...evt,
                  index: obj.tools
                }
              }

              obj.tools++

              break
            }
            case 16: {
              yield {
                field: `${prefix}.toolChoice`,
                value: reader.string()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.toolName`,
                value: reader.string()
              }
              break
            }
            case 18: {
              yield {
                field: `${prefix}.oneToolCall`,
                value: reader.bool()
              }
              break
            }
            case 19: {
              yield {
                field: `${prefix}.embed`,
                value: reader.string()
              }
              break
            }
            case 20: {
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

  export interface RequestChatToolCallsIdFieldEvent {
    field: '$.chat[].toolCalls[].id'
    value: string
    index: number
  }

  export interface RequestChatToolCallsNameFieldEvent {
    field: '$.chat[].toolCalls[].name'
    value: string
    index: number
  }

  export interface RequestChatToolCallsArgumentsFieldEvent {
    field: '$.chat[].toolCalls[].arguments'
    value: string
    index: number
  }

  export interface RequestChatToolCallIdFieldEvent {
    field: '$.chat[].toolCallId'
    value: string
    index: number
  }

  export interface RequestChatNameFieldEvent {
    field: '$.chat[].name'
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

  export interface RequestFormatFieldEvent {
    field: '$.format'
    value: string
  }

  export interface RequestSchemaFieldEvent {
    field: '$.schema'
    value: string
  }

  export interface RequestToolsNameFieldEvent {
    field: '$.tools[].name'
    value: string
    index: number
  }

  export interface RequestToolsDescriptionFieldEvent {
    field: '$.tools[].description'
    value: string
    index: number
  }

  export interface RequestToolsParametersFieldEvent {
    field: '$.tools[].parameters'
    value: string
    index: number
  }

  export interface RequestToolsStrictFieldEvent {
    field: '$.tools[].strict'
    value: boolean
    index: number
  }

  export interface RequestToolChoiceFieldEvent {
    field: '$.toolChoice'
    value: string
  }

  export interface RequestToolNameFieldEvent {
    field: '$.toolName'
    value: string
  }

  export interface RequestOneToolCallFieldEvent {
    field: '$.oneToolCall'
    value: boolean
  }

  export interface RequestEmbedFieldEvent {
    field: '$.embed'
    value: string
  }

  export interface RequestTakeOverSessionIdFieldEvent {
    field: '$.takeOver.sessionId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestTakeOverKeyFieldEvent {
    field: '$.takeOver.key'
    value: Uint8Array<ArrayBuffer>
  }

  export interface RequestTakeOverRoutePeerIdFieldEvent {
    field: '$.takeOver.route[].peerId'
    value: string
    index: number
  }

  export interface RequestTakeOverRouteStartFieldEvent {
    field: '$.takeOver.route[].start'
    value: number
    index: number
  }

  export interface RequestTakeOverRouteEndFieldEvent {
    field: '$.takeOver.route[].end'
    value: number
    index: number
  }

  export interface RequestTakeOverLostFieldEvent {
    field: '$.takeOver.lost'
    value: string
  }

  export function encode (obj: Partial<Request>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Request.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Request {
    return decodeMessage(buf, Request.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Request>): Generator<RequestModelIdFieldEvent | RequestChatRoleFieldEvent | RequestChatContentFieldEvent | RequestChatToolCallsIdFieldEvent | RequestChatToolCallsNameFieldEvent | RequestChatToolCallsArgumentsFieldEvent | RequestChatToolCallIdFieldEvent | RequestChatNameFieldEvent | RequestTextFieldEvent | RequestSpecialFieldEvent | RequestIdsFieldEvent | RequestMaxTokensFieldEvent | RequestStopFieldEvent | RequestSamplingTemperatureFieldEvent | RequestSamplingTopPFieldEvent | RequestSamplingTopKFieldEvent | RequestSamplingMinPFieldEvent | RequestSamplingRepetitionPenaltyFieldEvent | RequestSamplingPresencePenaltyFieldEvent | RequestSamplingFrequencyPenaltyFieldEvent | RequestSamplingLogitBiasFieldEvent | RequestSamplingSeedFieldEvent | RequestSamplingLogprobsFieldEvent | RequestWireFieldEvent | RequestScorePromptFieldEvent | RequestIgnoreEosFieldEvent | RequestGeneratedIdsFieldEvent | RequestFormatFieldEvent | RequestSchemaFieldEvent | RequestToolsNameFieldEvent | RequestToolsDescriptionFieldEvent | RequestToolsParametersFieldEvent | RequestToolsStrictFieldEvent | RequestToolChoiceFieldEvent | RequestToolNameFieldEvent | RequestOneToolCallFieldEvent | RequestEmbedFieldEvent | RequestTakeOverSessionIdFieldEvent | RequestTakeOverKeyFieldEvent | RequestTakeOverRoutePeerIdFieldEvent | RequestTakeOverRouteStartFieldEvent | RequestTakeOverRouteEndFieldEvent | RequestTakeOverLostFieldEvent> {
    return streamMessage(buf, Request.codec(), opts)
  }
}

export interface TakeOver {
  sessionId: Uint8Array<ArrayBuffer>
  key: Uint8Array<ArrayBuffer>
  route: Stage[]
  lost: string
}

export namespace TakeOver {
  let _codec: Codec<TakeOver>

  export const codec = (): Codec<TakeOver> => {
    if (_codec == null) {
      _codec = message<TakeOver>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sessionId != null && obj.sessionId.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sessionId)
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.key)
        }

        if (obj.route != null && obj.route.length > 0) {
          for (const value of obj.route) {
            w.uint32(26)
            Stage.codec().encode(value, w)
          }
        }

        if ((obj.lost != null && obj.lost !== '')) {
          w.uint32(34)
          w.string(obj.lost)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sessionId: uint8ArrayAlloc(0),
          key: uint8ArrayAlloc(0),
          route: [],
          lost: ''
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
              obj.key = reader.bytes()
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
              obj.lost = reader.string()
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
                field: `${prefix}.key`,
                value: reader.bytes()
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
                field: `${prefix}.lost`,
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

  export interface TakeOverSessionIdFieldEvent {
    field: '$.sessionId'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TakeOverKeyFieldEvent {
    field: '$.key'
    value: Uint8Array<ArrayBuffer>
  }

  export interface TakeOverRoutePeerIdFieldEvent {
    field: '$.route[].peerId'
    value: string
    index: number
  }

  export interface TakeOverRouteStartFieldEvent {
    field: '$.route[].start'
    value: number
    index: number
  }

  export interface TakeOverRouteEndFieldEvent {
    field: '$.route[].end'
    value: number
    index: number
  }

  export interface TakeOverLostFieldEvent {
    field: '$.lost'
    value: string
  }

  export function encode (obj: Partial<TakeOver>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, TakeOver.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TakeOver>): TakeOver {
    return decodeMessage(buf, TakeOver.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TakeOver>): Generator<TakeOverSessionIdFieldEvent | TakeOverKeyFieldEvent | TakeOverRoutePeerIdFieldEvent | TakeOverRouteStartFieldEvent | TakeOverRouteEndFieldEvent | TakeOverLostFieldEvent> {
    return streamMessage(buf, TakeOver.codec(), opts)
  }
}

export interface Message {
  role: string
  content: string
  toolCalls: ToolCall[]
  toolCallId?: string
  name?: string
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

        if (obj.toolCalls != null && obj.toolCalls.length > 0) {
          for (const value of obj.toolCalls) {
            w.uint32(26)
            ToolCall.codec().encode(value, w)
          }
        }

        if (obj.toolCallId != null) {
          w.uint32(34)
          w.string(obj.toolCallId)
        }

        if (obj.name != null) {
          w.uint32(42)
          w.string(obj.name)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          role: '',
          content: '',
          toolCalls: []
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
            case 3: {
              if (opts.limits?.toolCalls != null && obj.toolCalls.length === opts.limits.toolCalls) {
                throw new MaxLengthError('Decode error - repeated field "toolCalls" had too many elements')
              }

              if (obj.toolCalls.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "toolCalls" had too many elements')
              }

              obj.toolCalls.push(ToolCall.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.toolCalls$
              }))
              break
            }
            case 4: {
              obj.toolCallId = reader.string()
              break
            }
            case 5: {
              obj.name = reader.string()
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
          toolCalls: 128
        }

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
            case 3: {
              if (opts.limits?.toolCalls != null && obj.toolCalls === opts.limits.toolCalls) {
                throw new MaxLengthError('Streaming decode error - repeated field "toolCalls" had too many elements')
              }

              if (obj.toolCalls === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "toolCalls" had too many elements')
              }

              for (const evt of ToolCall.codec().stream(reader, reader.uint32(), `${prefix}.toolCalls[]`, {
                limits: opts.limits?.toolCalls$
              })) {
                yield {
                  ...evt,
                  index: obj.toolCalls
                }
              }

              obj.toolCalls++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.toolCallId`,
                value: reader.string()
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

  export interface MessageToolCallsIdFieldEvent {
    field: '$.toolCalls[].id'
    value: string
    index: number
  }

  export interface MessageToolCallsNameFieldEvent {
    field: '$.toolCalls[].name'
    value: string
    index: number
  }

  export interface MessageToolCallsArgumentsFieldEvent {
    field: '$.toolCalls[].arguments'
    value: string
    index: number
  }

  export interface MessageToolCallIdFieldEvent {
    field: '$.toolCallId'
    value: string
  }

  export interface MessageNameFieldEvent {
    field: '$.name'
    value: string
  }

  export function encode (obj: Partial<Message>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Message.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Message {
    return decodeMessage(buf, Message.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Generator<MessageRoleFieldEvent | MessageContentFieldEvent | MessageToolCallsIdFieldEvent | MessageToolCallsNameFieldEvent | MessageToolCallsArgumentsFieldEvent | MessageToolCallIdFieldEvent | MessageNameFieldEvent> {
    return streamMessage(buf, Message.codec(), opts)
  }
}

export interface ToolCall {
  id: string
  name: string
  arguments: string
}

export namespace ToolCall {
  let _codec: Codec<ToolCall>

  export const codec = (): Codec<ToolCall> => {
    if (_codec == null) {
      _codec = message<ToolCall>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id !== '')) {
          w.uint32(10)
          w.string(obj.id)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(18)
          w.string(obj.name)
        }

        if ((obj.arguments != null && obj.arguments !== '')) {
          w.uint32(26)
          w.string(obj.arguments)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: '',
          name: '',
          arguments: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.string()
              break
            }
            case 2: {
              obj.name = reader.string()
              break
            }
            case 3: {
              obj.arguments = reader.string()
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
                field: `${prefix}.id`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.arguments`,
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

  export interface ToolCallIdFieldEvent {
    field: '$.id'
    value: string
  }

  export interface ToolCallNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ToolCallArgumentsFieldEvent {
    field: '$.arguments'
    value: string
  }

  export function encode (obj: Partial<ToolCall>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, ToolCall.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ToolCall>): ToolCall {
    return decodeMessage(buf, ToolCall.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ToolCall>): Generator<ToolCallIdFieldEvent | ToolCallNameFieldEvent | ToolCallArgumentsFieldEvent> {
    return streamMessage(buf, ToolCall.codec(), opts)
  }
}

export interface Tool {
  name: string
  description?: string
  parameters?: string
  strict: boolean
}

export namespace Tool {
  let _codec: Codec<Tool>

  export const codec = (): Codec<Tool> => {
    if (_codec == null) {
      _codec = message<Tool>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(10)
          w.string(obj.name)
        }

        if (obj.description != null) {
          w.uint32(18)
          w.string(obj.description)
        }

        if (obj.parameters != null) {
          w.uint32(26)
          w.string(obj.parameters)
        }

        if ((obj.strict != null && obj.strict !== false)) {
          w.uint32(32)
          w.bool(obj.strict)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          name: '',
          strict: false
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
              obj.description = reader.string()
              break
            }
            case 3: {
              obj.parameters = reader.string()
              break
            }
            case 4: {
              obj.strict = reader.bool()
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
              yield {
                field: `${prefix}.description`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.parameters`,
                value: reader.string()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.strict`,
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

  export interface ToolNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface ToolDescriptionFieldEvent {
    field: '$.description'
    value: string
  }

  export interface ToolParametersFieldEvent {
    field: '$.parameters'
    value: string
  }

  export interface ToolStrictFieldEvent {
    field: '$.strict'
    value: boolean
  }

  export function encode (obj: Partial<Tool>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Tool.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tool>): Tool {
    return decodeMessage(buf, Tool.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Tool>): Generator<ToolNameFieldEvent | ToolDescriptionFieldEvent | ToolParametersFieldEvent | ToolStrictFieldEvent> {
    return streamMessage(buf, Tool.codec(), opts)
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
  takeOverKey?: Uint8Array<ArrayBuffer>
  replayed?: number
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

        if (obj.takeOverKey != null) {
          w.uint32(50)
          w.bytes(obj.takeOverKey)
        }

        if (obj.replayed != null) {
          w.uint32(56)
          w.uint32(obj.replayed)
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
            case 6: {
              obj.takeOverKey = reader.bytes()
              break
            }
            case 7: {
              obj.replayed = reader.uint32()
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
            case 6: {
              yield {
                field: `${prefix}.takeOverKey`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.replayed`,
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

  export interface StartedTakeOverKeyFieldEvent {
    field: '$.takeOverKey'
    value: Uint8Array<ArrayBuffer>
  }

  export interface StartedReplayedFieldEvent {
    field: '$.replayed'
    value: number
  }

  export function encode (obj: Partial<Started>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Started.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Started>): Started {
    return decodeMessage(buf, Started.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Started>): Generator<StartedSessionIdFieldEvent | StartedPromptTokensFieldEvent | StartedRoutePeerIdFieldEvent | StartedRouteStartFieldEvent | StartedRouteEndFieldEvent | StartedPromptIdsFieldEvent | StartedSeedFieldEvent | StartedTakeOverKeyFieldEvent | StartedReplayedFieldEvent> {
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

export interface Called {
  index: number
  call?: ToolCall
}

export namespace Called {
  let _codec: Codec<Called>

  export const codec = (): Codec<Called> => {
    if (_codec == null) {
      _codec = message<Called>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(8)
          w.uint32(obj.index)
        }

        if (obj.call != null) {
          w.uint32(18)
          ToolCall.codec().encode(obj.call, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          index: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.index = reader.uint32()
              break
            }
            case 2: {
              obj.call = ToolCall.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.call
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
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield * ToolCall.codec().stream(reader, reader.uint32(), `${prefix}.call`, {
                limits: opts.limits?.call
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

  export interface CalledIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface CalledCallIdFieldEvent {
    field: '$.call.id'
    value: string
  }

  export interface CalledCallNameFieldEvent {
    field: '$.call.name'
    value: string
  }

  export interface CalledCallArgumentsFieldEvent {
    field: '$.call.arguments'
    value: string
  }

  export function encode (obj: Partial<Called>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Called.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Called>): Called {
    return decodeMessage(buf, Called.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Called>): Generator<CalledIndexFieldEvent | CalledCallIdFieldEvent | CalledCallNameFieldEvent | CalledCallArgumentsFieldEvent> {
    return streamMessage(buf, Called.codec(), opts)
  }
}

export interface Embedding {
  values: Uint8Array<ArrayBuffer>
}

export namespace Embedding {
  let _codec: Codec<Embedding>

  export const codec = (): Codec<Embedding> => {
    if (_codec == null) {
      _codec = message<Embedding>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.values != null && obj.values.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.values)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          values: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.values = reader.bytes()
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
                field: `${prefix}.values`,
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

  export interface EmbeddingValuesFieldEvent {
    field: '$.values'
    value: Uint8Array<ArrayBuffer>
  }

  export function encode (obj: Partial<Embedding>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Embedding.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Embedding>): Embedding {
    return decodeMessage(buf, Embedding.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Embedding>): Generator<EmbeddingValuesFieldEvent> {
    return streamMessage(buf, Embedding.codec(), opts)
  }
}

export interface Hop {
  stage?: Stage
  laps: number
  rows: number
  queueMs: number
  computeMs: number
  sendMs: number
  bytesSent: bigint
  prefill?: HopWork
}

export namespace Hop {
  let _codec: Codec<Hop>

  export const codec = (): Codec<Hop> => {
    if (_codec == null) {
      _codec = message<Hop>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.stage != null) {
          w.uint32(10)
          Stage.codec().encode(obj.stage, w)
        }

        if ((obj.laps != null && obj.laps !== 0)) {
          w.uint32(16)
          w.uint32(obj.laps)
        }

        if ((obj.rows != null && obj.rows !== 0)) {
          w.uint32(24)
          w.uint32(obj.rows)
        }

        if ((obj.queueMs != null && obj.queueMs !== 0)) {
          w.uint32(33)
          w.double(obj.queueMs)
        }

        if ((obj.computeMs != null && obj.computeMs !== 0)) {
          w.uint32(41)
          w.double(obj.computeMs)
        }

        if ((obj.sendMs != null && obj.sendMs !== 0)) {
          w.uint32(49)
          w.double(obj.sendMs)
        }

        if ((obj.bytesSent != null && obj.bytesSent !== 0n)) {
          w.uint32(56)
          w.uint64(obj.bytesSent)
        }

        if (obj.prefill != null) {
          w.uint32(66)
          HopWork.codec().encode(obj.prefill, w)
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
              obj.stage = Stage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.stage
              })
              break
            }
            case 2: {
              obj.laps = reader.uint32()
              break
            }
            case 3: {
              obj.rows = reader.uint32()
              break
            }
            case 4: {
              obj.queueMs = reader.double()
              break
            }
            case 5: {
              obj.computeMs = reader.double()
              break
            }
            case 6: {
              obj.sendMs = reader.double()
              break
            }
            case 7: {
              obj.bytesSent = reader.uint64()
              break
            }
            case 8: {
              obj.prefill = HopWork.codec().decode(reader, reader.uint32(), {
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
              yield * Stage.codec().stream(reader, reader.uint32(), `${prefix}.stage`, {
                limits: opts.limits?.stage
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.laps`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.rows`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.queueMs`,
                value: reader.double()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.computeMs`,
                value: reader.double()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.sendMs`,
                value: reader.double()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.bytesSent`,
                value: reader.uint64()
              }
              break
            }
            case 8: {
              yield * HopWork.codec().stream(reader, reader.uint32(), `${prefix}.prefill`, {
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

  export interface HopStagePeerIdFieldEvent {
    field: '$.stage.peerId'
    value: string
  }

  export interface HopStageStartFieldEvent {
    field: '$.stage.start'
    value: number
  }

  export interface HopStageEndFieldEvent {
    field: '$.stage.end'
    value: number
  }

  export interface HopLapsFieldEvent {
    field: '$.laps'
    value: number
  }

  export interface HopRowsFieldEvent {
    field: '$.rows'
    value: number
  }

  export interface HopQueueMsFieldEvent {
    field: '$.queueMs'
    value: number
  }

  export interface HopComputeMsFieldEvent {
    field: '$.computeMs'
    value: number
  }

  export interface HopSendMsFieldEvent {
    field: '$.sendMs'
    value: number
  }

  export interface HopBytesSentFieldEvent {
    field: '$.bytesSent'
    value: bigint
  }

  export interface HopPrefillLapsFieldEvent {
    field: '$.prefill.laps'
    value: number
  }

  export interface HopPrefillRowsFieldEvent {
    field: '$.prefill.rows'
    value: number
  }

  export interface HopPrefillQueueMsFieldEvent {
    field: '$.prefill.queueMs'
    value: number
  }

  export interface HopPrefillComputeMsFieldEvent {
    field: '$.prefill.computeMs'
    value: number
  }

  export interface HopPrefillSendMsFieldEvent {
    field: '$.prefill.sendMs'
    value: number
  }

  export interface HopPrefillBytesSentFieldEvent {
    field: '$.prefill.bytesSent'
    value: bigint
  }

  export function encode (obj: Partial<Hop>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Hop.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hop>): Hop {
    return decodeMessage(buf, Hop.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hop>): Generator<HopStagePeerIdFieldEvent | HopStageStartFieldEvent | HopStageEndFieldEvent | HopLapsFieldEvent | HopRowsFieldEvent | HopQueueMsFieldEvent | HopComputeMsFieldEvent | HopSendMsFieldEvent | HopBytesSentFieldEvent | HopPrefillLapsFieldEvent | HopPrefillRowsFieldEvent | HopPrefillQueueMsFieldEvent | HopPrefillComputeMsFieldEvent | HopPrefillSendMsFieldEvent | HopPrefillBytesSentFieldEvent> {
    return streamMessage(buf, Hop.codec(), opts)
  }
}

export interface HopWork {
  laps: number
  rows: number
  queueMs: number
  computeMs: number
  sendMs: number
  bytesSent: bigint
}

export namespace HopWork {
  let _codec: Codec<HopWork>

  export const codec = (): Codec<HopWork> => {
    if (_codec == null) {
      _codec = message<HopWork>((obj, w, opts = {}) => {
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

  export interface HopWorkLapsFieldEvent {
    field: '$.laps'
    value: number
  }

  export interface HopWorkRowsFieldEvent {
    field: '$.rows'
    value: number
  }

  export interface HopWorkQueueMsFieldEvent {
    field: '$.queueMs'
    value: number
  }

  export interface HopWorkComputeMsFieldEvent {
    field: '$.computeMs'
    value: number
  }

  export interface HopWorkSendMsFieldEvent {
    field: '$.sendMs'
    value: number
  }

  export interface HopWorkBytesSentFieldEvent {
    field: '$.bytesSent'
    value: bigint
  }

  export function encode (obj: Partial<HopWork>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, HopWork.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HopWork>): HopWork {
    return decodeMessage(buf, HopWork.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HopWork>): Generator<HopWorkLapsFieldEvent | HopWorkRowsFieldEvent | HopWorkQueueMsFieldEvent | HopWorkComputeMsFieldEvent | HopWorkSendMsFieldEvent | HopWorkBytesSentFieldEvent> {
    return streamMessage(buf, HopWork.codec(), opts)
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
  toolCalls: ToolCall[]
  hops: Hop[]
  openMs?: number
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

        if (obj.toolCalls != null && obj.toolCalls.length > 0) {
          for (const value of obj.toolCalls) {
            w.uint32(90)
            ToolCall.codec().encode(value, w)
          }
        }

        if (obj.hops != null && obj.hops.length > 0) {
          for (const value of obj.hops) {
            w.uint32(98)
            Hop.codec().encode(value, w)
          }
        }

        if (obj.openMs != null) {
          w.uint32(105)
          w.double(obj.openMs)
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
          tokensPerSecond: 0,
          toolCalls: [],
          hops: []
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
            case 11: {
              if (opts.limits?.toolCalls != null && obj.toolCalls.length === opts.limits.toolCalls) {
                throw new MaxLengthError('Decode error - repeated field "toolCalls" had too many elements')
              }

              if (obj.toolCalls.length === 128) {
                throw new MaxLengthError('Decode error - repeated field "toolCalls" had too many elements')
              }

              obj.toolCalls.push(ToolCall.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.toolCalls$
              }))
              break
            }
            case 12: {
              if (opts.limits?.hops != null && obj.hops.length === opts.limits.hops) {
                throw new MaxLengthError('Decode error - repeated field "hops" had too many elements')
              }

              if (obj.hops.length === 256) {
                throw new MaxLengthError('Decode error - repeated field "hops" had too many elements')
              }

              obj.hops.push(Hop.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.hops$
              }))
              break
            }
            case 13: {
              obj.openMs = reader.double()
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
          route: 256,
          toolCalls: 128,
          hops: 256
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
            case 11: {
              if (opts.limits?.toolCalls != null && obj.toolCalls === opts.limits.toolCalls) {
                throw new MaxLengthError('Streaming decode error - repeated field "toolCalls" had too many elements')
              }

              if (obj.toolCalls === 128) {
                throw new MaxLengthError('Streaming decode error - repeated field "toolCalls" had too many elements')
              }

              for (const evt of ToolCall.codec().stream(reader, reader.uint32(), `${prefix}.toolCalls[]`, {
                limits: opts.limits?.toolCalls$
              })) {
                yield {
                  ...evt,
                  index: obj.toolCalls
                }
              }

              obj.toolCalls++

              break
            }
            case 12: {
              if (opts.limits?.hops != null && obj.hops === opts.limits.hops) {
                throw new MaxLengthError('Streaming decode error - repeated field "hops" had too many elements')
              }

              if (obj.hops === 256) {
                throw new MaxLengthError('Streaming decode error - repeated field "hops" had too many elements')
              }

              for (const evt of Hop.codec().stream(reader, reader.uint32(), `${prefix}.hops[]`, {
                limits: opts.limits?.hops$
              })) {
                yield {
                  ...evt,
                  index: obj.hops
                }
              }

              obj.hops++

              break
            }
            case 13: {
              yield {
                field: `${prefix}.openMs`,
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

  export interface DoneToolCallsIdFieldEvent {
    field: '$.toolCalls[].id'
    value: string
    index: number
  }

  export interface DoneToolCallsNameFieldEvent {
    field: '$.toolCalls[].name'
    value: string
    index: number
  }

  export interface DoneToolCallsArgumentsFieldEvent {
    field: '$.toolCalls[].arguments'
    value: string
    index: number
  }

  export interface DoneHopsStagePeerIdFieldEvent {
    field: '$.hops[].stage.peerId'
    value: string
    index: number
  }

  export interface DoneHopsStageStartFieldEvent {
    field: '$.hops[].stage.start'
    value: number
    index: number
  }

  export interface DoneHopsStageEndFieldEvent {
    field: '$.hops[].stage.end'
    value: number
    index: number
  }

  export interface DoneHopsLapsFieldEvent {
    field: '$.hops[].laps'
    value: number
    index: number
  }

  export interface DoneHopsRowsFieldEvent {
    field: '$.hops[].rows'
    value: number
    index: number
  }

  export interface DoneHopsQueueMsFieldEvent {
    field: '$.hops[].queueMs'
    value: number
    index: number
  }

  export interface DoneHopsComputeMsFieldEvent {
    field: '$.hops[].computeMs'
    value: number
    index: number
  }

  export interface DoneHopsSendMsFieldEvent {
    field: '$.hops[].sendMs'
    value: number
    index: number
  }

  export interface DoneHopsBytesSentFieldEvent {
    field: '$.hops[].bytesSent'
    value: bigint
    index: number
  }

  export interface DoneHopsPrefillLapsFieldEvent {
    field: '$.hops[].prefill.laps'
    value: number
    index: number
  }

  export interface DoneHopsPrefillRowsFieldEvent {
    field: '$.hops[].prefill.rows'
    value: number
    index: number
  }

  export interface DoneHopsPrefillQueueMsFieldEvent {
    field: '$.hops[].prefill.queueMs'
    value: number
    index: number
  }

  export interface DoneHopsPrefillComputeMsFieldEvent {
    field: '$.hops[].prefill.computeMs'
    value: number
    index: number
  }

  export interface DoneHopsPrefillSendMsFieldEvent {
    field: '$.hops[].prefill.sendMs'
    value: number
    index: number
  }

  export interface DoneHopsPrefillBytesSentFieldEvent {
    field: '$.hops[].prefill.bytesSent'
    value: bigint
    index: number
  }

  export interface DoneOpenMsFieldEvent {
    field: '$.openMs'
    value: number
  }

  export function encode (obj: Partial<Done>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Done.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Done {
    return decodeMessage(buf, Done.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Done>): Generator<DoneTextFieldEvent | DoneTokensFieldEvent | DoneFinishReasonFieldEvent | DonePromptTokensFieldEvent | DoneCompletionTokensFieldEvent | DoneCachedTokensFieldEvent | DoneRoutePeerIdFieldEvent | DoneRouteStartFieldEvent | DoneRouteEndFieldEvent | DoneTtftMsFieldEvent | DoneTotalMsFieldEvent | DoneTokensPerSecondFieldEvent | DoneToolCallsIdFieldEvent | DoneToolCallsNameFieldEvent | DoneToolCallsArgumentsFieldEvent | DoneHopsStagePeerIdFieldEvent | DoneHopsStageStartFieldEvent | DoneHopsStageEndFieldEvent | DoneHopsLapsFieldEvent | DoneHopsRowsFieldEvent | DoneHopsQueueMsFieldEvent | DoneHopsComputeMsFieldEvent | DoneHopsSendMsFieldEvent | DoneHopsBytesSentFieldEvent | DoneHopsPrefillLapsFieldEvent | DoneHopsPrefillRowsFieldEvent | DoneHopsPrefillQueueMsFieldEvent | DoneHopsPrefillComputeMsFieldEvent | DoneHopsPrefillSendMsFieldEvent | DoneHopsPrefillBytesSentFieldEvent | DoneOpenMsFieldEvent> {
    return streamMessage(buf, Done.codec(), opts)
  }
}

export interface Failure {
  kind: number
  code: string
  message: string
  retryAfterMs: number
  peerId: string
  field?: string
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

        if (obj.field != null) {
          w.uint32(50)
          w.string(obj.field)
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
            case 6: {
              obj.field = reader.string()
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
            case 6: {
              yield {
                field: `${prefix}.field`,
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

  export interface FailureFieldFieldEvent {
    field: '$.field'
    value: string
  }

  export function encode (obj: Partial<Failure>): Uint8Array<ArrayBuffer> {
    return encodeMessage(obj, Failure.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Failure {
    return decodeMessage(buf, Failure.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Generator<FailureKindFieldEvent | FailureCodeFieldEvent | FailureMessageFieldEvent | FailureRetryAfterMsFieldEvent | FailurePeerIdFieldEvent | FailureFieldFieldEvent> {
    return streamMessage(buf, Failure.codec(), opts)
  }
}

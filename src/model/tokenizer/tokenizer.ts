import { callFormat } from '../calls/call-format.ts'
import { templateInput } from '../calls/tool-prompt.ts'
import { createBpe } from './bpe.ts'
import { chatTemplate } from './chat-template.ts'
import { specialTokens, type Segment } from './special-tokens.ts'
import { tokenBytes } from './token-bytes.ts'
import type { TokenDecoder, Tokenizer } from '../chat.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** @throws {FormatError} where the data is not what the tokenizer library takes @throws {UnsupportedModelError} */
export function createTokenizer (data: TokenizerData): Tokenizer {
  const specials = specialTokens(data)
  const bpe = createBpe(data, specials)
  const render = chatTemplate(data)
  const encodeSegments = (segments: readonly Segment[]): number[] =>
    segments.flatMap((segment, index) => 'text' in segment ? bpe.encode(segment.text, index === 0) : [segment.id])

  const bytesOf = tokenBytes(data.tokenizer)
  const known = new Map<number, Uint8Array>()
  const bytes = (id: number): Uint8Array => {
    let found = known.get(id)
    if (found == null) {
      found = bytesOf(bpe.token(id) ?? specials.textOf(id) ?? '')
      known.set(id, found)
    }
    return found
  }
  // a byte order mark is text like any other
  const utf8 = (): TextDecoder => new TextDecoder('utf-8', { ignoreBOM: true })

  const calls = callFormat(data.chatTemplate)
  const decoder = (visible: readonly number[] = []): TokenDecoder => {
    const text = utf8()
    return {
      push: (id) => specials.textOf(id) == null || visible.includes(id) ? text.decode(bytes(id), { stream: true }) : '',
      flush: () => text.decode()
    }
  }

  return {
    vocabSize: data.vocabSize,
    eosTokenIds: data.eosTokenIds,
    encode: (text, { special }) => special ? encodeSegments(specials.split(text)) : bpe.encode(text, true),
    encodeChat: (messages, tools = []) => {
      const { hidden, restore } = specials.hide(templateInput(messages, tools, calls, data.chatTemplate ?? ''))
      return encodeSegments(specials.split(render(hidden)).map((segment) => 'text' in segment ? { text: restore(segment.text) } : segment))
    },
    decode: (ids) => {
      const stream = decoder()
      return ids.map((id) => stream.push(id)).join('') + stream.flush()
    },
    tokenText: (id) => specials.textOf(id) ?? utf8().decode(bytes(id)),
    decoder,
    calls,
    tokenBytes: (id, { special }) => {
      const token = special || specials.textOf(id) == null ? bpe.token(id) ?? specials.textOf(id) : undefined
      return token == null ? undefined : bytesOf(token)
    },
    specialIds: (texts) => texts.flatMap((text) => specials.idOf(text) ?? [])
  }
}

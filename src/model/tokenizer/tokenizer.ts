import { Template } from '@huggingface/jinja'
import { Tokenizer as Library } from '@huggingface/tokenizers'
import { FormatError, TemplateError } from '../errors.ts'
import { tokenBytes } from './token-bytes.ts'
import type { ChatMessage, TokenDecoder, Tokenizer } from '../chat.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** Longest rendered conversation, in characters. */
const MAX_RENDERED = 16 * 1024 * 1024

interface Special {
  readonly id: number
  readonly lstrip: boolean
  readonly rstrip: boolean
}

/** A run of plain text, or one special token. */
type Segment = { readonly text: string } | Special

/** @throws {FormatError} where the data is not what the tokenizer library takes */
export function createTokenizer (data: TokenizerData): Tokenizer {
  const specials = new Map<string, Special>()
  for (const { content, id, special, lstrip, rstrip } of data.tokenizer.added_tokens ?? []) {
    if (special === true) {
      specials.set(content, { id, lstrip: lstrip ?? false, rstrip: rstrip ?? false })
    }
  }
  // Without its special tokens the library takes every text as text.
  const library = openLibrary(data)
  const encodePlain = (text: string): number[] => text === '' ? [] : library.encode(text, { add_special_tokens: false }).ids
  const split = splitter(specials)
  const encodeSegments = (segments: readonly Segment[]): number[] =>
    segments.flatMap((segment) => 'text' in segment ? encodePlain(segment.text) : [segment.id])
  const template = chatTemplate(data)
  const specialIds = new Set([...specials.values()].map(({ id }) => id))
  const texts = new Map([...specials].map(([content, { id }]) => [id, content]))
  const bytesOf = tokenBytes(data.tokenizer.decoder)
  const cache = new Map<number, Uint8Array>()
  const bytes = (id: number): Uint8Array => {
    let known = cache.get(id)
    if (known == null) {
      known = bytesOf(library.id_to_token(id) ?? '')
      cache.set(id, known)
    }
    return known
  }

  const decoder = (): TokenDecoder => {
    const utf8 = new TextDecoder('utf-8')
    return {
      push: (id) => specialIds.has(id) ? '' : utf8.decode(bytes(id), { stream: true }),
      flush: () => utf8.decode()
    }
  }

  return {
    vocabSize: data.vocabSize,
    eosTokenIds: data.eosTokenIds,
    encode: (text, { special }) => special ? encodeSegments(split(text)) : encodePlain(text),
    encodeChat: (messages) => {
      const { hidden, restore } = hideSpecials(messages, [...specials.keys()])
      return encodeSegments(split(template(hidden)).map((segment) => 'text' in segment ? { text: restore(segment.text) } : segment))
    },
    decode: (ids) => {
      const stream = decoder()
      return ids.map((id) => stream.push(id)).join('') + stream.flush()
    },
    tokenText: (id) => texts.get(id) ?? new TextDecoder().decode(bytes(id)),
    decoder
  }
}

function openLibrary (data: TokenizerData): Library {
  const added = (data.tokenizer.added_tokens ?? []).filter(({ special }) => special !== true)
  try {
    return new Library({ ...data.tokenizer, added_tokens: added, post_processor: null }, {})
  } catch (error) {
    throw new FormatError(`the tokenizer can't be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Cuts a text at special tokens, the longest first where one begins another. */
function splitter (specials: ReadonlyMap<string, Special>): (text: string) => Segment[] {
  if (specials.size === 0) {
    return (text) => [{ text }]
  }
  const pattern = new RegExp(`(${[...specials.keys()].sort((a, b) => b.length - a.length).map(escapeRegex).join('|')})`)
  return (text) => {
    const segments: Segment[] = []
    // odd entries are what the group caught
    const pieces = text.split(pattern)
    pieces.forEach((piece, index) => {
      const special = index % 2 === 1 ? specials.get(piece) : undefined
      if (special != null) {
        segments.push(special)
        return
      }
      let plain = piece
      if (specials.get(pieces[index - 1] ?? '')?.rstrip === true) {
        plain = plain.trimStart()
      }
      if (specials.get(pieces[index + 1] ?? '')?.lstrip === true) {
        plain = plain.trimEnd()
      }
      if (plain !== '') {
        segments.push({ text: plain })
      }
    })
    return segments
  }
}

/**
 * Replaces special tokens in the messages' own text by marks that no template reacts to, so that after rendering only the
 * template's own are left; `restore` puts the text back.
 */
function hideSpecials (messages: readonly ChatMessage[], specials: readonly string[]): { hidden: ChatMessage[], restore: (text: string) => string } {
  const all = messages.map(({ role, content }) => role + content).join('')
  const mark = privateCharacter(all)
  const hidden: string[] = []
  const pattern = specials.length === 0 ? null : new RegExp(specials.map(escapeRegex).join('|'), 'g')
  const hide = (text: string): string => pattern == null ? text : text.replace(pattern, (found) => `${mark}${hidden.push(found) - 1}${mark}`)
  const marks = new RegExp(`${mark}(\\d+)${mark}`, 'gu')
  return {
    hidden: messages.map((message) => ({ ...message, role: hide(message.role), content: hide(message.content) })),
    restore: (text) => hidden.length === 0 ? text : text.replace(marks, (_, index: string) => hidden[Number(index)] ?? '')
  }
}

/** A character of the last private-use plane that the text does not have. */
function privateCharacter (text: string): string {
  for (let code = 0x100000; code <= 0x10fffd; code++) {
    const character = String.fromCodePoint(code)
    if (!text.includes(character)) {
      return character
    }
  }
  throw new TemplateError('the messages use every private character there is')
}

function chatTemplate (data: TokenizerData): (messages: readonly ChatMessage[]) => string {
  let template: Template | undefined
  return (messages) => {
    if (data.chatTemplate == null) {
      throw new TemplateError('this model has no chat template; ask it with --raw or through /v1/completions')
    }
    try {
      template ??= new Template(data.chatTemplate)
      const text = template.render({ ...data.specialTokens, messages: messages.map((message) => ({ ...message })), add_generation_prompt: true })
      if (text.length > MAX_RENDERED) {
        throw new Error(`it made ${text.length} characters`)
      }
      return text
    } catch (error) {
      throw new TemplateError(`the model's chat template does not take these messages: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

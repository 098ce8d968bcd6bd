import { TemplateError } from '../errors.ts'
import type { TokenizerData } from './tokenizer-data.ts'

export interface SpecialToken {
  readonly id: number
  readonly content: string
  /** Whether it swallows white space before or behind it. */
  readonly lstrip: boolean
  readonly rstrip: boolean
}

/** A run of plain text, or one special token. */
export type Segment = { readonly text: string } | SpecialToken

/** The tokens of a model that steer it, and where they are in a text. */
export interface SpecialTokens {
  has (content: string): boolean
  textOf (id: number): string | undefined
  /** Cuts a text at special tokens, the longest first where one begins another. */
  split (text: string): Segment[]
  idOf (content: string): number | undefined
  /**
   * Replaces special tokens in all texts of a value by marks that no template reacts to, so that after rendering only
   * the template's own are left; `restore` puts the text back. @throws {TemplateError}
   */
  hide<T> (value: T): { readonly hidden: T, readonly restore: (text: string) => string }
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export function specialTokens ({ tokenizer, specialTokens: named, eosTokenIds, vocabSize }: TokenizerData): SpecialTokens {
  const steering = new Set(Object.values(named))
  const byContent = new Map<string, SpecialToken>()
  for (const { content, id, special, lstrip = false, rstrip = false } of tokenizer.added_tokens ?? []) {
    // some tokenizers forget to call their end-of-text token special
    if (id < vocabSize && (special === true || steering.has(content) || eosTokenIds.includes(id))) {
      byContent.set(content, { id, content, lstrip, rstrip })
    }
  }
  const texts = new Map([...byContent.values()].map(({ id, content }) => [id, content]))
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length)
  // of nothing, a pattern that never matches
  const pattern = new RegExp(longestFirst.length === 0 ? '(?!)' : longestFirst.map(escapeRegex).join('|'), 'g')

  return {
    has: (content) => byContent.has(content),
    textOf: (id) => texts.get(id),
    split: (text) => {
      const segments: Segment[] = []
      let end = 0
      const addPlain = (to: number, next?: SpecialToken): void => {
        const last = segments.at(-1)
        let plain = text.slice(end, to)
        if (last != null && 'rstrip' in last && last.rstrip) {
          plain = plain.trimStart()
        }
        if (next?.lstrip === true) {
          plain = plain.trimEnd()
        }
        if (plain !== '') {
          segments.push({ text: plain })
        }
      }
      for (const match of text.matchAll(pattern)) {
        const special = byContent.get(match[0])
        if (special != null) {
          addPlain(match.index, special)
          segments.push(special)
          end = match.index + match[0].length
        }
      }
      addPlain(text.length)
      return segments
    },
    idOf: (content) => byContent.get(content)?.id,
    hide: (value) => {
      const found: string[] = []
      const mark = unusedCharacter(JSON.stringify(value))
      const hide = (text: string): string => text.replace(pattern, (token) => `${mark}${found.push(token) - 1}${mark}`)
      const marks = new RegExp(`${mark}(\\d+)${mark}`, 'gu')
      return {
        hidden: changed(value, hide) as typeof value, // `as`: only texts are others
        restore: (text) => found.length === 0 ? text : text.replace(marks, (_, index: string) => found[Number(index)] ?? '')
      }
    }
  }
}

/** A plain value with each of its texts, names of properties too, put through `change`. */
function changed (value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') {
    return change(value)
  }
  if (Array.isArray(value)) {
    return value.map((each) => changed(each, change))
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [change(key), changed(each, change)]))
  }
  return value
}

/** A character of the last private-use plane that the text does not have. */
function unusedCharacter (text: string): string {
  for (let code = 0x100000; code < 0x100400; code++) {
    const character = String.fromCodePoint(code)
    if (!text.includes(character)) {
      return character
    }
  }
  throw new TemplateError('the messages are made of private-use characters; leave some out')
}

import { FormatError } from '../errors.ts'

const MAX_DEPTH = 8
const MAX_VALUES = 8_000_000

/**
 * Parses a JSON object out of a file that nobody vouches for. Refuses what `JSON.parse` lets through: a key that occurs twice (readers
 * disagree on which one counts) and a structure that would take far more memory than its text. @throws {FormatError}
 */
export function parseStrictJson (bytes: Uint8Array, what: string): Record<string, unknown> {
  let value: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    checkStructure(text, what)
    value = JSON.parse(text)
  } catch (error) {
    throw error instanceof FormatError ? error : new FormatError(`${what} is not JSON`, { cause: error })
  }
  if (typeof value !== 'object' || value == null || Array.isArray(value)) {
    throw new FormatError(`${what} is not a JSON object`)
  }
  return value as Record<string, unknown> // checked: an object, and JSON's keys are strings
}

/** Looks at quotes, brackets and commas only; whether the text is JSON at all is left to the parser. */
function checkStructure (text: string, what: string): void {
  /** The keys of every open object, null for an open array. */
  const open: Array<Set<string> | null> = []
  let values = 0
  let keyFollows = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keyFollows && keys != null) {
        const key = String(JSON.parse(text.slice(at, end + 1)))
        if (keys.has(key)) {
          throw new FormatError(`${what} has the key ${key} twice`)
        }
        keys.add(key)
      }
      keyFollows = false
      at = end
    } else if (char === '{' || char === '[') {
      open.push(char === '{' ? new Set() : null)
      keyFollows = char === '{'
      values++
    } else if (char === '}' || char === ']') {
      open.pop()
    } else if (char === ',') {
      keyFollows = true
      values++
    }
    if (open.length > MAX_DEPTH || values > MAX_VALUES) {
      throw new FormatError(`${what} is nested more than ${MAX_DEPTH} deep or has more than ${MAX_VALUES} values`)
    }
  }
}

/** Index of the closing quote; the last character of a text that has none. */
function endOfString (text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]
    if (char === '"') {
      return at
    }
    if (char === '\\') {
      at++
    }
  }
  return text.length - 1
}

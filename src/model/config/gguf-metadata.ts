import { FormatError } from '../errors.ts'
import type { GgufFile } from '../formats/gguf.ts'

/** A GGUF file's metadata about its own architecture: keys without the architecture's word before them. */
export interface GgufMetadata {
  readonly architecture: string
  number (key: string): number | undefined
  /** @throws {FormatError} where it is missing */
  need (key: string): number
  text (key: string): string | undefined
  flag (key: string): boolean | undefined
  /** A list of numbers or truth values. */
  list (key: string): readonly number[] | undefined
  has (key: string): boolean
}

/** @throws {FormatError} where the file does not say what it is; each reading throws one for a value of another type */
export function ggufMetadata ({ metadata }: GgufFile): GgufMetadata {
  const architecture = metadata.get('general.architecture')
  if (typeof architecture !== 'string') {
    throw new FormatError('the GGUF file does not say which architecture it is (general.architecture)')
  }
  const full = (key: string): string => key.startsWith('tokenizer.') ? key : `${architecture}.${key}`
  const wrong = (key: string, what: string): FormatError => new FormatError(`${full(key)} in the GGUF metadata is not ${what}`)
  const number = (key: string): number | undefined => {
    const value = metadata.get(full(key))
    if (value != null && typeof value !== 'number' && typeof value !== 'bigint') {
      throw wrong(key, 'a number')
    }
    return value == null ? undefined : Number(value)
  }
  return {
    architecture,
    number,
    need: (key) => {
      const value = number(key)
      if (value == null) {
        throw new FormatError(`the GGUF metadata lacks ${full(key)}`)
      }
      return value
    },
    text: (key) => {
      const value = metadata.get(full(key))
      if (value != null && typeof value !== 'string') {
        throw wrong(key, 'a text')
      }
      return value
    },
    flag: (key) => {
      const value = metadata.get(full(key))
      if (value != null && typeof value !== 'boolean') {
        throw wrong(key, 'true or false')
      }
      return value
    },
    list: (key) => {
      const value = metadata.get(full(key))
      if (!Array.isArray(value)) {
        return undefined
      }
      return value.map((item: unknown) => {
        if (typeof item !== 'number' && typeof item !== 'boolean') {
          throw wrong(key, 'a list of numbers')
        }
        return Number(item)
      })
    },
    has: (key) => metadata.has(full(key))
  }
}

import type { TokenizerData } from './tokenizer-data.ts'

/**
 * What one token adds to a text, as bytes: a token may be a part of a character, so text is put together from bytes.
 */

/** Byte-level BPE writes each byte as a printable character: those that are printable stand for themselves, the others come from 256 on. */
function byteOfCharacter (): Map<string, number> {
  const map = new Map<string, number>()
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    map.set(String.fromCharCode(printable ? byte : next++), byte)
  }
  return map
}

export type TokenBytes = (token: string) => Uint8Array

/** @param tokenizer value of tokenizer.json: its decoder says how its vocabulary is written; added tokens stand for themselves */
export function tokenBytes ({ decoder, added_tokens: added }: TokenizerData['tokenizer']): TokenBytes {
  const utf8 = new TextEncoder()
  const literal = new Set(added?.map(({ content }) => content))
  if (JSON.stringify(decoder ?? null).includes('"ByteLevel"')) {
    const bytes = byteOfCharacter()
    return (token) => {
      if (literal.has(token)) {
        return utf8.encode(token)
      }
      const out: number[] = []
      for (const character of token) {
        const byte = bytes.get(character)
        if (byte == null) {
          return utf8.encode(token)
        }
        out.push(byte)
      }
      return Uint8Array.from(out)
    }
  }
  return (token) => {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1]
    return byte == null ? utf8.encode(token.replaceAll('▁', ' ')) : Uint8Array.of(parseInt(byte, 16))
  }
}

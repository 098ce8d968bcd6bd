/** Log probabilities in the two shapes of OpenAI's API. */
import type { Scored, Token } from './answers.ts'
import type { GatewayModel } from './types.ts'
import type { TokenScore } from '../pipeline/index.ts'

export interface ChatLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[] | null
}

export interface ChatLogprobs {
  readonly content: ReadonlyArray<ChatLogprob & { readonly top_logprobs: readonly ChatLogprob[] }>
}

/** The text of a token; `token_id:N` where nobody here has the tokenizer. */
const textOf = (model: GatewayModel, id: number, text?: string): string =>
  model.tokenText?.(id) ?? (text == null || text === '' ? `token_id:${id}` : text)

const encoder = new TextEncoder()

function chatLogprob (token: string, logprob: number): ChatLogprob {
  // A replacement character stands for a part of a character, whose bytes the text doesn't tell.
  return { token, logprob, bytes: token.includes('\ufffd') ? null : Array.from(encoder.encode(token)) }
}

export function chatLogprobs (model: GatewayModel, tokens: readonly Token[]): ChatLogprobs {
  return {
    content: tokens.map(({ id, text, logprob = 0, top = [] }) => ({
      ...chatLogprob(textOf(model, id, text), logprob),
      top_logprobs: top.map((other) => chatLogprob(textOf(model, other.id), other.logprob))
    }))
  }
}

export interface CompletionLogprobs {
  readonly tokens: readonly string[]
  readonly token_logprobs: ReadonlyArray<number | null>
  readonly top_logprobs: ReadonlyArray<Readonly<Record<string, number>> | null>
  /** Where each token begins in the choice's text, in UTF-16 units. */
  readonly text_offset: readonly number[]
}

/** The alternatives by text, the token itself among them; of two with one text the likelier stays. */
function alternatives (model: GatewayModel, token: string, logprob: number, top: readonly TokenScore[]): Record<string, number> {
  const named = new Map<string, number>()
  for (const other of [...top].sort((a, b) => b.logprob - a.logprob)) {
    const text = textOf(model, other.id)
    if (!named.has(text)) named.set(text, other.logprob)
  }
  if (!named.has(token)) named.set(token, logprob)
  return Object.fromEntries(named)
}

/** @param offset where the first token begins in the choice's text */
export function completionLogprobs (model: GatewayModel, scored: Scored, tokens: readonly Token[], offset: number): CompletionLogprobs & { readonly end: number } {
  const entries = [...scored, ...tokens.map(({ id, text, logprob = 0, top = [] }) => ({ id, text, logprob, top }))]
  const texts: string[] = []
  const offsets: number[] = []
  let end = offset
  for (const { id, text } of entries) {
    texts.push(textOf(model, id, text))
    offsets.push(end)
    end += text.length
  }
  return {
    tokens: texts,
    token_logprobs: entries.map(({ logprob }) => logprob),
    top_logprobs: entries.map(({ logprob, top }, index) => (logprob == null ? null : alternatives(model, texts[index] ?? '', logprob, top))),
    text_offset: offsets,
    end
  }
}

/** As it goes out. */
export const withoutEnd = ({ end: _end, ...rest }: CompletionLogprobs & { readonly end: number }): CompletionLogprobs => rest

/** What clients ask for. Clients of one kind ask for the same amount of work in the same order, so that their speeds can be compared. Pure. */

export interface Kind {
  readonly endpoint: 'chat' | 'completions'
  readonly length: 'short' | 'long'
  readonly stream: boolean
}

/** Every combination: like clients are those of one kind. */
export const kinds: readonly Kind[] = (['chat', 'completions'] as const).flatMap((endpoint) =>
  (['short', 'long'] as const).flatMap((length) => [true, false].map((stream) => ({ endpoint, length, stream }))))

export const kindName = ({ endpoint, length, stream }: Kind): string => `${length} ${endpoint}, ${stream ? 'streamed' : 'whole'}`

export interface Work {
  readonly path: string
  readonly body: object
  readonly stream: boolean
  readonly tokens: number
  /** The client goes away after this share of the answer. */
  readonly cancelAfter?: number
}

const WORDS = ['river', 'stone', 'a', 'little', 'bird', 'was', 'seen', 'over', 'the', 'old', 'bridge', 'and', 'then', 'rain', 'came', 'from', 'north', 'with', 'wind']
const TOKENS = [16, 48, 32, 64]
const SHORT_WORDS = 12
const LONG_WORDS = 160
const CANCEL_EVERY = 5
/** After so many turns a client's work comes again: lengths of answers, with the shared text and without, heard out and left. */
export const ROUND_TURNS = 20

/** Words that differ from client to client and from request to request. */
function words (count: number, salt: number): string {
  return Array.from({ length: count }, (_, index) => {
    const mixed = Math.imul(Math.imul(salt + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b), 0xc2b2ae35) >>> 8
    return WORDS[mixed % WORDS.length] ?? ''
  }).join(' ')
}

/** The `turn`-th request of a client. Half of the chats begin with a text that all share, as system prompts do. */
export function work (kind: Kind, client: number, turn: number): Work {
  const tokens = TOKENS[turn % TOKENS.length] ?? 32
  const count = kind.length === 'short' ? SHORT_WORDS : LONG_WORDS
  const own = `${client} ${turn} ${words(count, client * 10_007 + turn)}`
  const prompt = kind.endpoint === 'completions'
    ? { prompt: own }
    : { messages: [...(turn % 2 === 0 ? [{ role: 'system', content: words(count, 0) }] : []), { role: 'user', content: own }] }
  return {
    path: kind.endpoint === 'chat' ? '/v1/chat/completions' : '/v1/completions',
    // end of text would give like clients different work; with log-probabilities every token comes, also one without text
    body: {
      ...prompt,
      ...(kind.stream ? { logprobs: kind.endpoint === 'chat' ? true : 0 } : {}),
      max_tokens: tokens,
      temperature: 0.7,
      seed: client * 1000 + turn,
      ignore_eos: true
    },
    stream: kind.stream,
    tokens,
    ...(turn % CANCEL_EVERY === CANCEL_EVERY - 1 ? { cancelAfter: 0.5 } : {})
  }
}

/** What this browser remembers: conversations and choices, on this machine only. What is read is checked: another version may have written it. */
import { isRecord, listOf, numberOr, parseJson, stringOr } from '../net/json.ts'
import { readRepair, readStage } from '../net/swarm-types.ts'
import type { Answer, ChatState, Conversation, Sampling, Turn } from './types.ts'

/** Texts longer than this all together push the oldest conversations out; browsers give a site some 5 million UTF-16 units. */
const MAX_LENGTH = 2_000_000

export const DEFAULT_SAMPLING: Sampling = { temperature: 0.7, topP: 0.95, topK: 0, minP: 0, maxTokens: 512, seed: undefined, system: '' }

/** The part of `localStorage` that is used; it may throw where a browser keeps nothing. */
export type Keep = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const CHAT = 'shoal.chat'
const CHOICES = 'shoal.choices'

export interface Choices {
  /** A model's id; empty: the first that is served. */
  readonly model: string
  readonly sampling: Sampling
}

function read (keep: Keep, name: string): unknown {
  try {
    return parseJson(keep.getItem(name) ?? '')
  } catch {
    return undefined // storage is forbidden here
  }
}

function write (keep: Keep, name: string, value: object): boolean {
  try {
    keep.setItem(name, JSON.stringify(value))
    return true
  } catch {
    return false // storage is full, or forbidden
  }
}

function readAnswer (value: Readonly<Record<string, unknown>>): Answer {
  const failure = isRecord(value.failure) ? { message: stringOr(value.failure.message, ''), status: numberOr(value.failure.status, 0) } : undefined
  const status = (['done', 'failed'] as const).find((each) => each === value.status)
  const optional = <Name extends string>(name: Name): { readonly [_ in Name]?: number } => {
    const number = numberOr(value[name], undefined)
    return (number === undefined ? {} : { [name]: number }) as { readonly [_ in Name]?: number } // a computed name is a string to the compiler
  }
  return {
    // what was running when the page went is not running any more
    status: status ?? 'stopped',
    model: stringOr(value.model, ''),
    askedAtMs: numberOr(value.askedAtMs, 0),
    tokens: numberOr(value.tokens, 0),
    ...optional('ttftMs'),
    ...optional('endedAtMs'),
    ...optional('promptTokens'),
    ...(typeof value.finishReason === 'string' ? { finishReason: value.finishReason } : {}),
    ...(failure === undefined ? {} : { failure }),
    route: listOf(value.route, readStage),
    repairs: listOf(value.repairs, readRepair)
  }
}

function readTurn (value: unknown): Turn | undefined {
  if (!isRecord(value) || typeof value.id !== 'string' || typeof value.text !== 'string') return undefined
  if (value.role === 'user') return { id: value.id, role: 'user', text: value.text }
  return value.role === 'assistant' && isRecord(value.answer) ? { id: value.id, role: 'assistant', text: value.text, answer: readAnswer(value.answer) } : undefined
}

function readConversation (value: unknown): Conversation | undefined {
  return isRecord(value) && typeof value.id === 'string'
    ? { id: value.id, createdAtMs: numberOr(value.createdAtMs, 0), turns: listOf(value.turns, readTurn) }
    : undefined
}

/** Undefined where nothing is kept. */
export function loadChat (keep: Keep): ChatState | undefined {
  const value = read(keep, CHAT)
  const conversations = isRecord(value) ? listOf(value.conversations, readConversation) : []
  const [first] = conversations
  return isRecord(value) && first !== undefined ? { conversations, currentId: stringOr(value.currentId, first.id) } : undefined
}

/** Keeps the newest conversations that fit, the newest at least half of the way down where even that is too much for the browser. */
export function saveChat (keep: Keep, { conversations, currentId }: ChatState): void {
  let length = 0
  const fitting = conversations.filter(({ turns }, index) => {
    length += turns.reduce((sum, { text }) => sum + text.length + 500, 0)
    return index === 0 || length <= MAX_LENGTH
  })
  for (let count = fitting.length; count > 0; count = Math.floor(count / 2)) {
    if (write(keep, CHAT, { conversations: fitting.slice(0, count), currentId })) return
  }
}

const within = (value: unknown, min: number, max: number, other: number): number => Math.min(max, Math.max(min, numberOr(value, other)))

/** Numbers within what the node takes. */
export function clampSampling (value: unknown): Sampling {
  const given = isRecord(value) ? value : {}
  const seed = numberOr(given.seed, undefined)
  return {
    temperature: within(given.temperature, 0, 2, DEFAULT_SAMPLING.temperature),
    topP: within(given.topP, 0, 1, DEFAULT_SAMPLING.topP),
    topK: Math.round(within(given.topK, 0, 1000, DEFAULT_SAMPLING.topK)),
    minP: within(given.minP, 0, 1, DEFAULT_SAMPLING.minP),
    maxTokens: Math.round(within(given.maxTokens, 1, 1_048_576, DEFAULT_SAMPLING.maxTokens)),
    seed: seed === undefined || !Number.isSafeInteger(seed) ? undefined : seed,
    system: stringOr(given.system, '').slice(0, 20_000)
  }
}

export function loadChoices (keep: Keep): Choices {
  const value = read(keep, CHOICES)
  return { model: isRecord(value) ? stringOr(value.model, '') : '', sampling: clampSampling(isRecord(value) ? value.sampling : undefined) }
}

export function saveChoices (keep: Keep, choices: Choices): void {
  write(keep, CHOICES, choices)
}

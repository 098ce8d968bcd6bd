import type { CallFormat } from './calls/call-format.ts'

/** One turn of a conversation, as OpenAI's API and chat templates have it. */
export interface ChatMessage {
  readonly role: string
  readonly content: string
  /** What the assistant called in this turn. */
  readonly toolCalls?: readonly ToolCall[]
  /** Whose result this turn is (role `tool`). */
  readonly toolCallId?: string
  readonly name?: string
}

export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON text of an object. */
  readonly arguments: string
}

/** A function that the model may ask for. */
export interface ToolDefinition {
  readonly name: string
  readonly description?: string
  /** JSON Schema of its arguments, an object; absent: none are taken. */
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Arguments are held to the schema also where the model may answer in words. */
  readonly strict?: boolean
}

/** Turns text into ids and back for one model. Pure: built from the bytes of a model's tokenizer part. */
export interface Tokenizer {
  readonly vocabSize: number
  /** Ids that end a text. */
  readonly eosTokenIds: readonly number[]
  /** Nothing is added. `special`: special tokens written in the text become control tokens; otherwise they are text. */
  encode (text: string, options: { readonly special: boolean }): number[]
  /** Renders the chat template with the generation prompt; text of messages and tools never becomes a control token. @throws {TemplateError} */
  encodeChat (messages: readonly ChatMessage[], tools?: readonly ToolDefinition[]): number[]
  /** How this model writes calls of tools. */
  readonly calls: CallFormat
  /** What a token adds to a text, as bytes; undefined for control tokens, unless `special`, and for ids that stand for nothing. */
  tokenBytes (id: number, options: { readonly special: boolean }): Uint8Array | undefined
  /** Ids of control tokens with these texts. */
  specialIds (texts: readonly string[]): number[]
  /** Special tokens are left out. */
  decode (ids: readonly number[]): string
  /** The text of one token on its own, for display (replacement characters where it is part of a character). */
  tokenText (id: number): string
  /** Text as ids come in: an incomplete character is held back until it is whole. `visible`: control tokens that count as their text. */
  decoder (visible?: readonly number[]): TokenDecoder
}

export interface TokenDecoder {
  push (id: number): string
  /** What is still held back. */
  flush (): string
}

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
  /** Renders the chat template with the generation prompt; the messages' own text never becomes a control token. @throws {TemplateError} */
  encodeChat (messages: readonly ChatMessage[]): number[]
  /** Special tokens are left out. */
  decode (ids: readonly number[]): string
  /** The text of one token on its own, for display (replacement characters where it is part of a character). */
  tokenText (id: number): string
  /** Text as ids come in: an incomplete character is held back until it is whole. */
  decoder (): TokenDecoder
}

export interface TokenDecoder {
  push (id: number): string
  /** What is still held back. */
  flush (): string
}

/** Helpers as llama-server has them. */
import { z } from 'zod'
import { HttpError } from '../errors.ts'
import { checkPrompt } from '../limits.ts'
import { messagesOf } from '../messages.ts'
import { chooseModel } from '../params.ts'
import { jsonBody } from '../reply.ts'
import { chatRequest } from '../schema/chat.ts'
import { ids } from '../schema/completion.ts'
import { modelName, unsupported } from '../schema/fields.ts'
import { parse } from '../schema/parse.ts'
import { toolOptions } from '../tools.ts'
import type { GatewayModel } from '../types.ts'
import type { Env } from '../env.ts'
import type { Routes } from './types.ts'
import type { Context } from 'hono'

const tokenizeRequest = z.object({
  model: modelName,
  content: z.string(),
  /** Shoal's tokenizers add nothing. */
  add_special: unsupported((value) => value === false),
  parse_special: z.boolean().nullish(),
  with_pieces: z.boolean().nullish()
})
const detokenizeRequest = z.object({ model: modelName, tokens: ids.or(z.array(z.never())) })
const templateRequest = z.object({ model: modelName, messages: chatRequest.shape.messages, tools: chatRequest.shape.tools })

/** What only a node with the model's tokenizer can do. */
function need<T> (helper: T | undefined): T {
  if (helper === undefined) throw new HttpError('this node has not the tokenizer of that model', { status: 404, param: 'model' })
  return helper
}

export const textRoutes: Routes = (app, { handlersFor }) => {
  const modelOf = async (c: Context<Env>, name: string | null | undefined): Promise<GatewayModel> => await chooseModel(handlersFor(c).generator, name, c.req.raw.signal)

  app.post('/tokenize', async (c) => {
    const { model: name, content, parse_special: special, with_pieces: pieces } = parse(tokenizeRequest, await jsonBody(c))
    const model = await modelOf(c, name)
    const encode = need(model.encode)
    checkPrompt({ prompt: { kind: 'text', text: content, special: false } }, { ...model, contextLength: Infinity }, handlersFor(c).maxPromptCharacters, 'content')
    const tokens = encode(content, { special: special ?? true })
    return c.json({ tokens: pieces === true ? tokens.map((id) => ({ id, piece: model.tokenText?.(id) ?? '' })) : tokens })
  })

  app.post('/detokenize', async (c) => {
    const { model: name, tokens } = parse(detokenizeRequest, await jsonBody(c))
    const model = await modelOf(c, name)
    return c.json({ content: need(model.decode)(tokens) })
  })

  app.post('/apply-template', async (c) => {
    const { model: name, messages, tools: asked } = parse(templateRequest, await jsonBody(c))
    const model = await modelOf(c, name)
    const chat = messagesOf({ messages })
    const { tools = [] } = toolOptions({ tools: (asked ?? []).map((tool) => tool.function), choice: undefined, parallel: undefined })
    checkPrompt({ prompt: { kind: 'chat', messages: chat }, tools }, model, handlersFor(c).maxPromptCharacters, 'messages')
    return c.json({ prompt: need(model.renderChat)(chat, tools) })
  })
}

import { chatCompletion } from '../chat.ts'
import { completion } from '../completions.ts'
import { embeddings } from '../embeddings.ts'
import { withParamNames, type ParamNames } from '../param-names.ts'
import { replyWith, type Reply } from '../reply.ts'
import { response } from '../responses/handler.ts'
import { chatRequest } from '../schema/chat.ts'
import { completionRequest } from '../schema/completion.ts'
import { embeddingRequest } from '../schema/embedding.ts'
import { parse } from '../schema/parse.ts'
import { responseRequest } from '../schema/response.ts'
import type { HandlerComponents } from '../params.ts'
import type { Routes } from './types.ts'
import type { z } from 'zod'

/** What the model makes. */
export const answerRoutes: Routes = (app, { handlersFor, ...init }) => {
  const reply = replyWith(init)
  const add = <T>(path: string, schema: z.ZodType<T>, names: ParamNames, handle: (components: HandlerComponents, body: T, signal: AbortSignal) => Promise<Reply>): void => {
    app.post(path, async (c) => await reply(c, withParamNames(names, async (body, signal) => await handle(handlersFor(c), parse(schema, body), signal))))
  }
  add('/v1/chat/completions', chatRequest, { prompt: 'messages', format: 'response_format' }, chatCompletion)
  add('/v1/completions', completionRequest, { prompt: 'prompt', format: 'response_format' }, completion)
  add('/v1/embeddings', embeddingRequest, { prompt: 'input', embed: 'pooling' }, embeddings)
  add('/v1/responses', responseRequest, { prompt: 'input', format: 'text.format' }, response)
}

import { chatCompletion } from '../chat.ts'
import { completion } from '../completions.ts'
import { embeddings } from '../embeddings.ts'
import { replyWith } from '../reply.ts'
import { response } from '../responses/handler.ts'
import { chatRequest } from '../schema/chat.ts'
import { completionRequest } from '../schema/completion.ts'
import { embeddingRequest } from '../schema/embedding.ts'
import { parse } from '../schema/parse.ts'
import { responseRequest } from '../schema/response.ts'
import type { Routes } from './types.ts'

/** What the model makes. */
export const answerRoutes: Routes = (app, { handlersFor, ...init }) => {
  const reply = replyWith(init)
  app.post('/v1/chat/completions', async (c) => await reply(c, async (body, signal) => await chatCompletion(handlersFor(c), parse(chatRequest, body), signal)))
  app.post('/v1/completions', async (c) => await reply(c, async (body, signal) => await completion(handlersFor(c), parse(completionRequest, body), signal)))
  app.post('/v1/embeddings', async (c) => await reply(c, async (body, signal) => await embeddings(handlersFor(c), parse(embeddingRequest, body), signal)))
  app.post('/v1/responses', async (c) => await reply(c, async (body, signal) => await response(handlersFor(c), parse(responseRequest, body), signal)))
}

import { chooseModel } from '../params.ts'
import type { GatewayModel } from '../types.ts'
import type { Routes } from './types.ts'

const modelBody = ({ name, modelId, contextLength, createdS }: GatewayModel): object => ({
  id: name,
  object: 'model',
  created: createdS,
  owned_by: 'shoal',
  model_id: modelId,
  ...(contextLength == null ? {} : { context_length: contextLength })
})

export const modelRoutes: Routes = (app, { handlersFor }) => {
  app.get('/v1/models', async (c) => {
    const models = await handlersFor(c).generator.models({ signal: c.req.raw.signal })
    return c.json({ object: 'list', data: models.map(modelBody) })
  })
  app.get('/v1/models/:name{.+}', async (c) => c.json(modelBody(await chooseModel(handlersFor(c).generator, c.req.param('name'), c.req.raw.signal))))
}

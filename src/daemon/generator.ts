/** What the daemon's gateway asks: its own coordinator for models it has, somebody else's for the rest. */
import { modelViews } from './swarm-view.ts'
import type { LocalModels } from './local-model.ts'
import type { ThinClient } from '../client/index.ts'
import type { GatewayModel, Generator } from '../gateway/index.ts'
import type { Coordinator } from '../pipeline/index.ts'
import type { NodeRecord } from '../swarm/index.ts'

export interface GeneratorComponents {
  readonly coordinator: Pick<Coordinator, 'generate'>
  readonly client: ThinClient
  readonly models: LocalModels
  /** Live records, this node's own among them. */
  records (): readonly NodeRecord[]
}

export function generator ({ coordinator, client, models, records }: GeneratorComponents): Generator {
  const seenAt = new Map<string, number>()

  const describe = async (modelId: string, name: string): Promise<GatewayModel> => {
    const createdS = seenAt.get(modelId) ?? Math.floor(Date.now() / 1000)
    seenAt.set(modelId, createdS)
    const local = await models.get(modelId)
    if (local == null) return { name, modelId, createdS }
    const { manifest, tokenizer } = local
    return {
      name,
      modelId,
      createdS,
      contextLength: manifest.config.contextLength,
      tokenText: (id) => tokenizer.tokenText(id),
      decode: (ids) => tokenizer.decode(ids),
      encode: (text) => tokenizer.encode(text, { special: false })
    }
  }

  return {
    models: async () => await Promise.all(modelViews(records()).filter(({ covered }) => covered).map(async ({ modelId, model }) => await describe(modelId, model))),
    generate: (request, options) => (models.opened(request.modelId) == null ? client : coordinator).generate(request, options)
  }
}

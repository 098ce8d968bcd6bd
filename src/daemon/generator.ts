/** What the daemon's gateway asks: its own coordinator for models it has, somebody else's for the rest. */
import { setMaxListeners } from 'node:events'
import { anySignal } from 'any-signal'
import { NoCapacityError } from '../../protocols/generate/index.ts'
import type { AnswerWatch } from './answer-watch.ts'
import { modelViews, type ModelView } from './swarm-view.ts'
import type { LocalModels } from './local-model.ts'
import type { ThinClient } from '../client/index.ts'
import type { GatewayModel, Generator } from '../gateway/index.ts'
import type { Tokenizer } from '../model/index.ts'
import type { Coordinator, GenerateEvent } from '../pipeline/index.ts'
import type { NodeRecord } from '../swarm/index.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface GeneratorComponents {
  readonly coordinator: Pick<Coordinator, 'generate'>
  readonly client: ThinClient
  readonly models: LocalModels
  /** Live records, this node's own among them. */
  records (): readonly NodeRecord[]
  /** Looks who is out there. */
  lookAround (options: AbortOptions): Promise<unknown>
  /** Answers that others coordinate pass through here; the own coordinator has its own way. */
  readonly watch: AnswerWatch
  /** Aborted when this node ends what it still works on. */
  readonly ended: AbortSignal
}

export interface DaemonGenerator extends Generator {
  /** Answers at work that others coordinate. */
  readonly elsewhere: number
}

const RETRY_AFTER_MS = 1000

export function generator ({ coordinator, client, models, records, lookAround, watch, ended }: GeneratorComponents): DaemonGenerator {
  const seenAt = new Map<string, number>()
  let elsewhere = 0

  // every answer that is under way
  setMaxListeners(Infinity, ended)

  /** The own coordinator ends its answers itself; those of others end here. */
  async function * askOthers (...[request, { signal, requestId }]: Parameters<Generator['generate']>): AsyncGenerator<GenerateEvent> {
    const stopping = (): void => { if (ended.aborted) throw new NoCapacityError('this node is stopping', RETRY_AFTER_MS) }
    stopping()
    elsewhere++
    // `AbortSignal.any` would leave something of every answer in `ended`, which lives as long as the node
    const either = anySignal([signal, ended])
    try {
      const events = client.generate(request, { signal: either })
      for await (const event of watch(events, { modelId: request.modelId, requestId, coordinator: 'elsewhere' })) {
        stopping()
        yield event
      }
    } finally {
      either.clear()
      elsewhere--
    }
  }

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
      encode: (text, options) => tokenizer.encode(text, options),
      renderChat: (messages, tools) => written(tokenizer, tokenizer.encodeChat(messages, tools)),
      hiddenSize: manifest.config.hiddenSize
    }
  }

  return {
    get elsewhere () { return elsewhere },
    models: async (options = {}) => {
      const covered = (): ModelView[] => modelViews(records()).filter((view) => view.covered)
      // a node that has just joined may not have heard of the others
      if (covered().length === 0) await lookAround(options)
      return await Promise.all(covered().map(async ({ modelId, model }) => await describe(modelId, model)))
    },
    generate: (request, options) => models.opened(request.modelId) == null ? askOthers(request, options) : coordinator.generate(request, options)
  }
}

/** A text with its control tokens, which `decode` leaves out. */
function written (tokenizer: Tokenizer, ids: readonly number[]): string {
  const isControl = (id: number): boolean => tokenizer.decode([id]) === '' && tokenizer.tokenText(id) !== ''
  let text = ''
  let from = 0
  for (const [at, id] of ids.entries()) {
    if (!isControl(id)) continue
    text += tokenizer.decode(ids.slice(from, at)) + tokenizer.tokenText(id)
    from = at + 1
  }
  return text + tokenizer.decode(ids.slice(from))
}

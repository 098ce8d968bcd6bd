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
import type { Coordinator, CoordinatorModel, GenerateEvent } from '../pipeline/index.ts'
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

  /** What is damaged here, or no model at all whatever a stranger's record says, is a model of others'. */
  const localModel = async (modelId: string): Promise<CoordinatorModel | undefined> => await models.get(modelId).catch(() => undefined)

  const describe = async ({ modelId, model: label }: ModelView, names: Readonly<Record<string, string>>): Promise<GatewayModel> => {
    const createdS = seenAt.get(modelId) ?? Math.floor(Date.now() / 1000)
    seenAt.set(modelId, createdS)
    // a label is what strangers say: it is never another model's name here
    const alias = Object.hasOwn(names, label) && names[label] !== modelId ? undefined : label
    const [name = alias ?? modelId] = Object.entries(names).flatMap(([own, id]) => id === modelId ? [own] : [])
    const called = { name, modelId, createdS, ...(alias === undefined || alias === name ? {} : { alias }) }
    const local = await localModel(modelId)
    if (local == null) return called
    const { manifest, tokenizer } = local
    return {
      ...called,
      contextLength: manifest.config.contextLength,
      tokenText: (id) => tokenizer.tokenText(id),
      decode: (ids) => tokenizer.decode(ids),
      encode: (text, options) => tokenizer.encode(text, options),
      renderChat: (messages, tools) => written(tokenizer, tokenizer.encodeChat(messages, tools)),
      hiddenSize: manifest.config.hiddenSize
    }
  }

  /** Of a model that is not open: it may be here all the same. */
  async function * choose (...[request, options]: Parameters<Generator['generate']>): AsyncGenerator<GenerateEvent> {
    yield * await localModel(request.modelId) == null ? askOthers(request, options) : coordinator.generate(request, options)
  }

  return {
    get elsewhere () { return elsewhere },
    models: async (options = {}) => {
      const covered = (): ModelView[] => modelViews(records()).filter((view) => view.covered)
      // a node that has just joined may not have heard of the others
      if (covered().length === 0) await lookAround(options)
      const names = await models.names().catch(() => ({}))
      return await Promise.all(covered().map(async (view) => await describe(view, names)))
    },
    generate: (request, options) => models.opened(request.modelId) == null ? choose(request, options) : coordinator.generate(request, options)
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

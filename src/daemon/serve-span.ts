/** From the choice of a span to its layers being offered to sessions. */
import { fetching } from './serve-model.ts'
import { partLoader } from './part-loader.ts'
import { spanWeightBytes } from './span-cost.ts'
import { settleSpan } from './span-choice.ts'
import type { DaemonConfig } from './config.ts'
import type { DaemonHooks } from './hooks.ts'
import type { LocalModels } from './local-model.ts'
import type { Logger } from './log.ts'
import type { Teardown } from './teardown.ts'
import type { Weights } from './weights.ts'
import type { Engine, LoadOptions, SpanRunner } from '../engine/index.ts'
import type { Span } from '../model/index.ts'
import type { StageServer } from '../pipeline/index.ts'
import type { BlobMaker, ModelStore, StoredModel } from '../store/index.ts'
import type { Swarm } from '../swarm/index.ts'

export interface ServeSpanComponents {
  readonly engine: Engine
  readonly swarm: Swarm
  readonly peerId: string
  readonly store: Pick<ModelStore, 'blobs'>
  readonly weights: Pick<Weights, 'span'>
  readonly models: Pick<LocalModels, 'get'>
  readonly stages: StageServer
  readonly log: Logger
  /** After each run of the device. */
  readonly onRun: NonNullable<LoadOptions['onRun']>
  readonly down: Teardown
  /** Tells the swarm and waits for it. */
  claim (span: Span): Promise<void>
  /** Tells the swarm, without waiting for it. */
  loading (span: Span): () => void
}

export interface ServeSpanRequest {
  readonly config: Pick<DaemonConfig, 'compute' | 'span' | 'slots' | 'lan'>
  readonly model: StoredModel
  /** Makes blobs that no peer has. */
  readonly hub: BlobMaker | undefined
  /** Bytes for weights and KV. */
  readonly budget: number
  readonly contextLength: number
  /** Whether a node was joined. */
  readonly joined: boolean
  readonly hooks: DaemonHooks
}

/** Told only where it takes a while: records are published at most once a second, and the next one matters more. */
const SLOW_LOAD_MS = 500

/** Its layers are taken by sessions when this resolves. @throws {ConfigError} @throws {NoSourceError} @throws what the engine throws */
export async function serveSpan (components: ServeSpanComponents, { config, model, hub, budget, contextLength, joined, hooks }: ServeSpanRequest): Promise<SpanRunner> {
  const { engine, swarm, peerId, store, weights, models, stages, log, onRun, down, claim, loading } = components
  const { compute, slots } = config
  const { manifest, modelId } = model
  const { signal, onProgress } = hooks

  const span = await settleSpan({ swarm, peerId, random: Math.random, claim }, {
    model, given: config.span, compute, kvType: engine.kvType(compute), contextLength, budget, others: joined ? 'joined' : config.lan ? 'lan' : 'none', signal
  })
  const tellLoading = loading(span)
  const slow = setTimeout(tellLoading, SLOW_LOAD_MS)
  try {
    await weights.span(model, span, hub, fetching(hooks))
    const source = { manifest, blobFolder: store.blobs.folder }
    const runner = await engine.load(source, span, {
      compute,
      contextLength,
      kvBytes: Math.max(0, budget - spanWeightBytes(manifest, compute, span)),
      ...(slots == null ? {} : { slots }),
      signal,
      onRun,
      onProgress: (done, total) => { onProgress('loading layers', 'layers', done, total) }
    })
    down.add('span', async () => await runner.close())
    log.info({ model: model.name, span: [span.start, span.end], device: engine.device.label }, 'loaded')

    const parts = partLoader({
      engine,
      source,
      whole: runner,
      compute,
      contextLength,
      onRun,
      onError (error) { log.warn({ error: error.message }, 'a part of the span could not be closed') }
    })
    // stopped behind the stages, whose sessions work on parts
    down.add('parts', async () => await parts.close())
    await stages.start()
    down.add('stages', async () => await stages.stop())
    // fetched with the span: whoever chooses tokens may have to know what they stand for
    const served = await models.get(modelId)
    stages.offer(modelId, runner, parts, served?.tokenizer)
    return runner
  } finally {
    clearTimeout(slow)
  }
}

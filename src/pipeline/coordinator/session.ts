import { NoCapacityError, PeerFaultError } from '../../../protocols/generate/index.ts'
import { ropeVariantOf } from '../../model/index.ts'
import { idBytes } from '../frames.ts'
import { sessionName } from '../log.ts'
import { generation } from './generation.ts'
import { mending } from './mending.ts'
import { ring } from './ring.ts'
import type { GenerateEvent, HopTiming } from '../types.ts'
import type { PreparedRequest } from './request.ts'
import type { SessionComponents, SessionInit } from './session-types.ts'
import type { GrammarPlan } from '../grammar/index.ts'
import type { Grammar, Tail } from '../../../protocols/ring/index.ts'

const RETRY_AFTER_MS = 1000

/**
 * One answer, over as many routes as it takes. The first opening is a repair of nothing: each epoch takes what its stages have, replays
 * what is missing, and goes on from the last token known here.
 */
export async function * session (components: SessionComponents, init: SessionInit, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
  const { clock } = components
  const { request, model, prepared, sessionId, takeOverKey } = init
  const { takeOver } = prepared
  const scorePrompt = request.scorePrompt === true
  const made = generation({
    prepared,
    tokenizer: model.tokenizer,
    hiddenSize: model.manifest.config.hiddenSize,
    scorePrompt,
    sessionId: sessionName(sessionId),
    takeOverKey: sessionName(takeOverKey),
    clock,
    startedMs: clock.now()
  })
  const own = ring(components, {
    session: sessionId,
    modelId: request.modelId,
    wire: prepared.wire,
    positions: prepared.positions,
    ropeVariant: ropeVariantOf(model.manifest.config.rope, prepared.promptIds.length),
    // something is made of every position
    reusable: scorePrompt || prepared.embed === 'mean' ? [] : prepared.promptIds,
    tail: tailOf(prepared, scorePrompt),
    takeOverKey,
    takeOver: takeOver === undefined ? undefined : { session: Buffer.from(takeOver.sessionId, 'hex'), key: Buffer.from(takeOver.key, 'hex') }
  })
  const mender = mending(components, init, own, made)
  let started = false
  let failure: unknown
  /** Who asked from another node may go on elsewhere with what was begun, where this node fails or stops. */
  const leave = (): void => {
    const isBegun = started || takeOver !== undefined
    const reason: unknown = failure ?? signal.reason
    if (init.remote && isBegun && (reason instanceof NoCapacityError || reason instanceof PeerFaultError)) own.abandon()
    else own.close()
  }
  signal.addEventListener('abort', leave)
  let telling: Promise<readonly HopTiming[]> | undefined
  let hops: readonly HopTiming[] = []
  try {
    while (made.finished === undefined && !signal.aborted) {
      try {
        const epoch = await mender.enter(signal)
        for await (const result of epoch.results) {
          if (signal.aborted) break
          const events = made.take(result, mender.route.at(-1)?.peerId ?? '')
          if (!started) yield made.started(mender.route, { cached: mender.cached, replayed: mender.replayed })
          else if (mender.repaired !== undefined) yield made.repaired(mender.repaired)
          started = true
          mender.progress()
          if (made.finished !== undefined) telling = mender.hops()
          yield * events
          if (made.finished !== undefined) break
        }
        if (made.finished === undefined && !signal.aborted) throw new NoCapacityError('the session ended too early', RETRY_AFTER_MS)
      } catch (error) {
        if (signal.aborted) continue
        try {
          mender.lost(error)
        } catch (final) {
          failure = final
          throw final
        }
      }
    }
    hops = await telling ?? []
  } finally {
    signal.removeEventListener('abort', leave)
    mender.end()
    leave()
  }
  if (made.finished !== undefined) for (const { peerId } of mender.route) components.suspects.clear(peerId)
  if (!started) yield made.started([])
  yield * made.done(made.finished ?? 'cancelled', { hops, openedMs: mender.openedMs })
}

const grammarOf = ({ text, marker, visible }: GrammarPlan): Grammar =>
  ({ text, visible: [...visible], many: marker?.many ?? false, ...(marker === undefined ? {} : { marker: marker.text }) })

function tailOf ({ promptIds, maxTokens, stopIds, sampling, embed, shape: { grammar } }: PreparedRequest, scorePrompt: boolean): Tail {
  const { logprobs, logitBias, ...numbers } = sampling
  const report = logprobs ?? (scorePrompt ? 0 : undefined)
  return {
    ...numbers,
    logitBias: new Map(logitBias),
    promptTokens: promptIds.length,
    maxTokens,
    stopIds: [...stopIds],
    promptIds: scorePrompt || sampling.repetitionPenalty !== 1 ? new Uint8Array(idBytes(promptIds)) : new Uint8Array(0),
    scorePrompt,
    ...(report === undefined ? {} : { logprobs: report }),
    ...(grammar === undefined ? {} : { grammar: grammarOf(grammar) }),
    ...(embed === undefined ? {} : { embed })
  }
}

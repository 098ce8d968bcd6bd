import { ComputeCode, Feature, KEY_HASH_BYTES, MAX_GRAMMAR, MAX_MARKER, MAX_POSITIONS, PREFIX_BLOCK, PREFIX_KEY_BYTES, RefusedCode, Role, SESSION_BYTES, STAGE_KEY_BYTES, type Grammar, type Neighbour, type Open, type Tail, type TakeOver } from '../../../protocols/ring/index.ts'
import { readIds } from '../frames.ts'
import { keyList } from '../prefix.ts'
import { samplingProblem } from '../sampler/index.ts'
import { wires } from '../wire/index.ts'
import type { GrammarPlan } from '../grammar/index.ts'
import type { Pooling, SamplingOptions, Wire } from '../types.ts'
import type { SpanRunner } from '../../engine/index.ts'

/** A stage's place in the ring of one epoch. */
export interface HopPlan {
  readonly epoch: number
  readonly prev: readonly Neighbour[]
  readonly next: readonly Neighbour[]
  /** A standby computes and emits nothing. */
  readonly emits: boolean
  /** Stages that take turns at the session's rows. */
  readonly stages: number
}

/** What an OPEN is checked against: a span that is loaded, or a part of one that would have to be. */
export type SpanShape = Pick<SpanRunner, 'span' | 'compute' | 'isTail' | 'ropeVariants' | 'vocabSize' | 'contextLength'>

/** An OPEN that was found sound, for a span that is served here: what stays as it is as long as the session lives. */
export interface StagePlan<Runner extends SpanShape = SpanRunner> {
  readonly session: Uint8Array<ArrayBuffer>
  readonly modelId: string
  readonly runner: Runner
  readonly wire: Wire
  readonly positions: number
  readonly ropeVariant: number
  /** Keys of the prompt's blocks. */
  readonly prefix: readonly string[]
  /** Of the key with which another coordinator may take the session over. */
  readonly keyHash?: Uint8Array<ArrayBuffer>
  /** The session that it goes on with. */
  readonly takeOver?: TakeOver
  readonly tail?: TailPlan
}

export interface TailPlan {
  readonly promptTokens: number
  readonly maxTokens: number
  readonly stopIds: ReadonlySet<number>
  /** All of the prompt's, or none. */
  readonly promptIds: Uint32Array
  readonly scorePrompt: boolean
  readonly sampling: SamplingOptions
  readonly grammar?: GrammarPlan
  /** Instead of tokens. */
  readonly embed?: Pooling
}

export interface Refusal {
  readonly code: string
  readonly message: string
}

/** No ring has more: nobody waits for the share of stages that are not there. */
const MAX_STAGES = 64

const isWire = (wire: string): wire is Wire => Object.hasOwn(wires, wire)

const isPooling = (word: string): word is Pooling => word === 'mean' || word === 'last'

const malformed = (message: string): Refusal => ({ code: RefusedCode.malformed, message })
const unsupported = (message: string): Refusal => ({ code: RefusedCode.unsupported, message })

/**
 * @param runners those that are offered for the model; of several that fit, the first one is meant
 * @param features that an OPEN may require here
 */
export function stagePlan<Runner extends SpanShape> (open: Open, runners: Iterable<Runner>, features: ReadonlySet<string> = new Set()): StagePlan<Runner> | Refusal {
  const { session, modelId, start, end, wire, positions, ropeVariant, requires, prefix, keyHash, takeOver } = open
  const missing = requires.find((feature) => !features.has(feature))
  if (missing !== undefined) return unsupported(`the feature '${missing.slice(0, 64)}' is not known here`)
  if (!isWire(wire)) return unsupported(`the wire '${wire.slice(0, 64)}' is not known here; there are: ${Object.keys(wires).join(', ')}`)
  if (session.length !== SESSION_BYTES) return malformed(`the session has ${session.length} bytes, and has to have ${SESSION_BYTES}`)
  if (start >= end) return malformed(`the span ${start}:${end} is empty`)
  if (positions < 1 || positions > MAX_POSITIONS) return malformed(`${positions} positions can't be reserved`)
  if (prefix.length % PREFIX_KEY_BYTES !== 0 || prefix.length / PREFIX_KEY_BYTES * PREFIX_BLOCK > positions) return malformed(`${prefix.length} bytes are no keys of blocks of a prompt within ${positions} positions`)
  if (keyHash !== undefined && keyHash.length !== KEY_HASH_BYTES) return malformed(`the hash of a key has ${keyHash.length} bytes, and has to have ${KEY_HASH_BYTES}`)
  if (takeOver !== undefined && (takeOver.session.length !== SESSION_BYTES || takeOver.key.length !== STAGE_KEY_BYTES)) return malformed('a session is taken over by its id and its key')

  const compute = open.compute === ComputeCode.fast ? 'fast' : open.compute === ComputeCode.exact ? 'exact' : undefined
  if (compute === undefined) return unsupported(`compute ${open.compute} is not known here`)
  const runner = [...runners].find(({ span, compute: own }) => span.start === start && span.end === end && own === compute)
  if (runner === undefined) return { code: RefusedCode.notServed, message: `layers ${start}:${end} of this model are not served here in '${compute}'` }
  if (ropeVariant >= runner.ropeVariants) return unsupported(`rope variant ${ropeVariant} is not known here`)
  if (positions > runner.contextLength) return { code: RefusedCode.context, message: `${positions} positions are more than the ${runner.contextLength} that this span holds` }
  if (runner.isTail !== (open.tail !== undefined)) return malformed('sampling options belong to the stage that ends the model, and to no other')

  const tail = open.tail === undefined ? undefined : tailPlan(open.tail, positions, runner.vocabSize)
  if (typeof tail === 'string') return malformed(tail)
  if (tail?.grammar !== undefined && !features.has(Feature.grammar)) return unsupported('no answer is held to a grammar here')
  return {
    // a copy: the OPEN's frame, which may be large, is not to live as long as the session
    session: session.slice(),
    modelId, runner, wire, positions, ropeVariant, prefix: keyList(prefix),
    ...(keyHash === undefined ? {} : { keyHash: keyHash.slice() }),
    ...(takeOver === undefined ? {} : { takeOver: { session: takeOver.session.slice(), key: takeOver.key.slice() } }),
    ...(tail === undefined ? {} : { tail })
  }
}

/** The place that an OPEN or a REROUTE gives a stage. */
export function hopPlan ({ prev, next, role, stages }: Pick<Open, 'prev' | 'next' | 'role' | 'stages'>, epoch: number): HopPlan | Refusal {
  if (epoch < 1) return malformed('epochs begin with 1')
  if (role > Role.standby) return unsupported(`role ${role} is not known here`)
  if (prev.length < 1 || next.length < 1) return malformed('a stage has to have a previous and a next one')
  if ([...prev, ...next].some(({ peerId }) => peerId === '' || peerId.length > 128)) return malformed('a neighbour without a peer id')
  return { epoch, prev, next, emits: role !== Role.standby, stages: Math.max(1, Math.min(stages, MAX_STAGES)) }
}

function tailPlan (tail: Tail, positions: number, vocabSize: number): TailPlan | string {
  const { promptTokens, maxTokens, stopIds, scorePrompt, logprobs, grammar, embed, ...numbers } = tail
  if (promptTokens < 1 || promptTokens > positions) return `a prompt of ${promptTokens} tokens does not fit ${positions} positions`
  const sampling: SamplingOptions = { ...numbers, ...(logprobs === undefined ? {} : { logprobs }) }
  const problem = samplingProblem(sampling, vocabSize)
  if (problem !== undefined) return problem.words
  let promptIds: Uint32Array
  try {
    promptIds = readIds(tail.promptIds, vocabSize)
  } catch (error) {
    return error instanceof Error ? error.message : 'the ids are malformed'
  }
  if (promptIds.length !== 0 && promptIds.length !== promptTokens) return `${promptIds.length} prompt ids for a prompt of ${promptTokens} tokens`
  if (scorePrompt && promptIds.length === 0) return 'a prompt to be scored comes with its ids'
  const held = grammar === undefined ? undefined : grammarPlan(grammar, vocabSize)
  if (typeof held === 'string') return held
  if (embed !== undefined && !isPooling(embed)) return `an embedding by '${embed.slice(0, 64)}': it is mean or last`
  if (embed !== undefined && (maxTokens > 0 || scorePrompt || held !== undefined)) return 'an embedding comes without tokens'
  return {
    promptTokens, maxTokens, stopIds: new Set(stopIds), promptIds, scorePrompt, sampling,
    ...(held === undefined ? {} : { grammar: held }),
    ...(embed === undefined ? {} : { embed })
  }
}

function grammarPlan ({ text, marker, many, visible }: Grammar, vocabSize: number): GrammarPlan | string {
  if (text.length > MAX_GRAMMAR) return `a grammar of ${text.length} characters, and at most ${MAX_GRAMMAR} are taken`
  if (marker !== undefined && (marker === '' || marker.length > MAX_MARKER)) return `a marker of ${marker.length} characters, and it has to have 1 to ${MAX_MARKER}`
  const unknown = visible.find((id) => id >= vocabSize)
  if (unknown !== undefined) return `token ${unknown} is to be visible, and the model has tokens 0 to ${vocabSize - 1}`
  return { text, visible, ...(marker === undefined ? {} : { marker: { text: marker, many } }) }
}

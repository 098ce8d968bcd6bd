import { Worker } from 'node:worker_threads'
import { GrammarError, WorkerGoneError } from './errors.ts'
import type { TokenMask } from './matcher.ts'
import type { Answer, Order, PackedTokens } from './messages.ts'
import type { Constraint, GrammarPlan, GrammarVocabulary, Grammars } from './types.ts'

export interface GrammarsInit {
  /** The worker's code: worker.ts, or what a bundler made of it. */
  readonly workerFile: URL
  /** How long the worker may be at one mask before it is begun anew without that answer. @default 10,000 */
  readonly deadlineMs?: number
  /** How long the worker stays when nobody has a grammar. @default 60,000 */
  readonly idleMs?: number
}

/** Between two looks at other work while a vocabulary is written out. */
const TOKENS_AT_ONCE = 8192

/** Of the worker: what grammars make of themselves, which desk.ts bounds, and as much again while they make it. Vocabularies lie outside of it. */
const MAX_HEAP_MIB = 512

/** A running worker. */
interface Thread {
  readonly vocabularies: Map<GrammarVocabulary, Promise<number>>
  post (order: Order): void
  ask (order: Omit<Extract<Order, { kind: 'read' }>, 'request'>): Promise<TokenMask>
  end (): Promise<void>
}

/**
 * The worker does one thing after another and each is bounded in steps and memory. Should one take too long all the same, or the worker
 * die, a new one takes over: an answer's state is its grammar and its ids.
 */
export function grammars ({ workerFile, deadlineMs = 10_000, idleMs = 60_000 }: GrammarsInit): Grammars {
  let thread: Thread | undefined
  let sessions = 0
  let made = 0
  let stopped = false
  let idle: NodeJS.Timeout | undefined

  function running (): Thread {
    if (stopped) throw new WorkerGoneError('this node is stopping')
    thread ??= begin(workerFile, deadlineMs, () => { thread = undefined })
    return thread
  }

  async function end (): Promise<void> {
    const was = thread
    thread = undefined
    await was?.end()
  }

  function open (vocabulary: GrammarVocabulary, plan: GrammarPlan): Constraint {
    clearTimeout(idle)
    sessions++
    const session = ++made
    const ids: number[] = []
    let own: Thread | undefined
    /** Leading ids that the worker has. */
    let known = 0
    let isOpen = true
    let asked: Promise<TokenMask> | undefined
    let before: Promise<unknown> = Promise.resolve()

    async function ask (): Promise<TokenMask> {
      const at = running()
      const number = await vocabularyAt(at, vocabulary)
      if (!isOpen) throw new GrammarError('the answer is over')
      if (own !== at) {
        own = at
        known = 0
        const visible = plan.visible.flatMap((id) => {
          const bytes = vocabulary.tokenBytes(id, { special: true })
          return bytes === undefined ? [] : [[id, bytes] as const]
        })
        at.post({ kind: 'open', session, vocabulary: number, plan, visible })
      }
      const keep = known
      known = ids.length
      return await at.ask({ kind: 'read', session, keep, ids: ids.slice(keep) })
    }

    async function askTwice (): Promise<TokenMask> {
      try {
        return await ask()
      } catch (error) {
        // another answer's grammar, or the worker itself: where that ends again, somebody else has to go on with the answer
        if (error instanceof WorkerGoneError) return await ask()
        throw error
      }
    }

    function begin (): Promise<TokenMask> {
      const asking = before.then(askTwice)
      before = asking.catch(() => { /* told to whoever waits for the mask */ })
      return asking
    }

    const constraint: Constraint = {
      read (keep, more) {
        known = Math.min(known, keep)
        ids.length = Math.min(ids.length, keep)
        for (const id of more) ids.push(id)
        asked = begin()
        asked.catch(() => { /* told to whoever waits for the mask */ })
      },
      mask: async () => await (asked ??= begin()),
      close () {
        if (!isOpen) return
        isOpen = false
        own?.post({ kind: 'close', session })
        if (--sessions === 0 && !stopped) idle = setTimeout(() => { void end() }, idleMs).unref()
      }
    }
    constraint.read(0, [])
    return constraint
  }

  return {
    open,
    async stop () {
      stopped = true
      clearTimeout(idle)
      await end()
    }
  }
}

async function vocabularyAt (thread: Thread, vocabulary: GrammarVocabulary): Promise<number> {
  const known = thread.vocabularies.get(vocabulary)
  if (known !== undefined) return await known
  const number = thread.vocabularies.size
  const sent = pack(vocabulary).then((tokens) => {
    thread.post({ kind: 'vocabulary', vocabulary: number, tokens })
    return number
  })
  thread.vocabularies.set(vocabulary, sent)
  return await sent
}

async function pack ({ vocabSize, tokenBytes }: GrammarVocabulary): Promise<PackedTokens> {
  const tokens: Uint8Array[] = []
  const ends = new Uint32Array(vocabSize)
  let length = 0
  for (let id = 0; id < vocabSize; id++) {
    const bytes = tokenBytes(id, { special: false }) ?? new Uint8Array(0)
    tokens.push(bytes)
    ends[id] = length += bytes.length
    if (id % TOKENS_AT_ONCE === TOKENS_AT_ONCE - 1) await new Promise((resolve) => { setImmediate(resolve) })
  }
  const bytes = new Uint8Array(length)
  for (const [id, token] of tokens.entries()) bytes.set(token, (ends[id] ?? 0) - token.length)
  return { bytes, ends }
}

function begin (file: URL, deadlineMs: number, ended: () => void): Thread {
  const worker = new Worker(file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB } })
  const waiting = new Map<number, PromiseWithResolvers<TokenMask>>()
  let request = 0
  let isOver = false
  let hasAnswered = false
  let timer: NodeJS.Timeout | undefined

  /** Of the request that is its turn; the worker keeps the process alive only while somebody waits for it. */
  function watch (): void {
    clearTimeout(timer)
    if (waiting.size === 0) {
      worker.unref()
      return
    }
    worker.ref()
    timer = setTimeout(failed, deadlineMs)
  }

  function settle (which: number): PromiseWithResolvers<TokenMask> | undefined {
    const found = waiting.get(which)
    waiting.delete(which)
    return found
  }

  /** What it was at is what ended it, if it ever worked: the memory of all others is bounded, and they take no time. */
  function failed (): void {
    const [first] = waiting.keys()
    if (first !== undefined && hasAnswered && !isOver) settle(first)?.reject(new GrammarError('the grammar takes too much time or memory'))
    over()
  }

  function over (): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    ended()
    for (const each of waiting.values()) each.reject(new WorkerGoneError('the grammar worker ended'))
    waiting.clear()
    void worker.terminate()
  }

  worker.on('message', (answer: Answer) => {
    hasAnswered = true
    const found = settle(answer.request)
    watch()
    if ('mask' in answer) found?.resolve(answer.mask)
    else found?.reject(new GrammarError(answer.problem))
  })
  worker.on('error', failed)
  worker.on('exit', failed)
  worker.unref()

  return {
    vocabularies: new Map(),
    post (order) { if (!isOver) worker.postMessage(order) },
    ask (order) {
      if (isOver) return Promise.reject(new WorkerGoneError('the grammar worker ended'))
      const made = Promise.withResolvers<TokenMask>()
      waiting.set(++request, made)
      worker.postMessage({ ...order, request })
      if (waiting.size === 1) watch()
      return made.promise
    },
    async end () {
      over()
      await worker.terminate()
    }
  }
}

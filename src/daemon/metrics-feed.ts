/** From what happens in the node to what is counted. What is a state is read when somebody asks for the numbers, and not before. */
import { statfs } from 'node:fs/promises'
import type { AnswerObserver } from './answer-watch.ts'
import type { Direction, Metrics, Phase } from './metrics.ts'
import type { GatewayMetrics } from '../gateway/index.ts'
import type { KvUse } from '../engine/index.ts'
import type { LapObserver } from '../pipeline/index.ts'

/** States of the node, as they are now. */
export interface MetricsSources {
  info (): { readonly version: string, readonly device: string, readonly compute: string }
  online (): boolean
  layers (): number
  missingLayers (): number
  answers (): number
  stageSessions (): number
  repairs (): Readonly<Partial<Record<string, number>>>
  kv (): KvUse | undefined
  traffic (): ReadonlyMap<string, { readonly sentBytes: number, readonly receivedBytes: number }>
  nodes (): number
  peers (): number
  routingTable (): number
  /** Bytes of weights. */
  weights (): Promise<number>
  /** The data folder. */
  readonly folder: string
}

export interface MetricsFeed {
  /** Of one answer. */
  answer (): AnswerObserver
  /** Answers' tokens since the start. */
  readonly tokens: number
  readonly laps: LapObserver
  onRun (sessions: number, rows: number, ms: number): void
  readonly http: GatewayMetrics
}

/** How long a look at the disk counts. */
const DISK_MS = 10_000
const PREFILL: Readonly<Record<'phase', Phase>> = { phase: 'prefill' }
const DECODE: Readonly<Record<'phase', Phase>> = { phase: 'decode' }

export function metricsFeed (metrics: Metrics, now: () => number, sources: () => MetricsSources | undefined): MetricsFeed {
  const { registry, node, answers, stages, engine, links, swarm, disk, http } = metrics
  const counted = counters()
  let lookedMs = -Infinity
  let tokens = 0
  let line: Parameters<GatewayMetrics['line']>[0] | undefined

  async function look ({ folder, weights }: MetricsSources): Promise<void> {
    if (now() - lookedMs < DISK_MS) return
    lookedMs = now()
    const { bavail, bsize } = await statfs(folder)
    disk.free.set(bavail * bsize)
    disk.weights.set(await weights())
  }

  function states (read: MetricsSources): void {
    node.info.set(read.info(), 1)
    node.online.set(read.online() ? 1 : 0)
    node.layers.set(read.layers())
    answers.running.set(read.answers())
    stages.sessions.set(read.stageSessions())
    swarm.nodes.set(read.nodes())
    swarm.peers.set(read.peers())
    swarm.routingTable.set(read.routingTable())
    swarm.missingLayers.set(read.missingLayers())
    const kv = read.kv()
    if (kv !== undefined) {
      engine.kvSlots.set({ state: 'used' }, kv.usedSlots)
      engine.kvSlots.set({ state: 'free' }, Math.max(0, kv.slots - kv.usedSlots))
      engine.kvBytes.set({ state: 'used' }, kv.usedBytes)
      if (Number.isFinite(kv.bytes)) engine.kvBytes.set({ state: 'free' }, Math.max(0, kv.bytes - kv.usedBytes))
    }
    for (const [kind, count = 0] of Object.entries(read.repairs())) answers.repairs.inc({ kind }, counted(`repairs/${kind}`, count))
    for (const [protocol, { sentBytes, receivedBytes }] of read.traffic()) {
      const counting = (direction: Direction, bytes: number): void => { links.bytes.inc({ protocol: shortName(protocol), direction }, counted(`${protocol}/${direction}`, bytes)) }
      counting('sent', sentBytes)
      counting('received', receivedBytes)
    }
  }

  function answer (): AnswerObserver {
    const beganMs = now()
    let lastMs: number | undefined
    let finish: string | undefined
    return {
      event (event) {
        if (event.kind === 'token') {
          const atMs = now()
          if (lastMs === undefined) answers.firstTokenSeconds.observe((atMs - beganMs) / 1000)
          else answers.betweenTokensSeconds.observe((atMs - lastMs) / 1000)
          lastMs = atMs
          tokens++
          answers.completionTokens.inc()
        } else if (event.kind === 'repaired') {
          answers.repairSeconds.observe(event.tookMs / 1000)
        } else if (event.kind === 'done') {
          finish = event.finishReason
          answers.promptTokens.inc(event.usage.promptTokens)
          answers.cachedTokens.inc(event.usage.cachedTokens)
          if (event.timings.openMs !== undefined) answers.openSeconds.observe(event.timings.openMs / 1000)
        }
      },
      end (failure) { answers.ended.inc({ finish: failure === undefined ? finish ?? 'left' : 'failed' }) }
    }
  }

  return {
    answer,
    get tokens () { return tokens },

    laps: {
      lap (rows, queueMs, computeMs, sendMs) {
        const phase = rows > 1 ? PREFILL : DECODE
        stages.laps.inc(phase)
        stages.rows.inc(phase, rows)
        stages.queueSeconds.observe(phase, queueMs / 1000)
        stages.computeSeconds.observe(phase, computeMs / 1000)
        stages.sendSeconds.observe(phase, sendMs / 1000)
      }
    },

    onRun (sessions, _rows, ms) {
      engine.runSeconds.observe(ms / 1000)
      engine.batchSessions.observe(sessions)
    },

    http: {
      contentType: registry.contentType,
      line (queue) { line = queue },
      request () {
        const beganMs = now()
        http.running.inc()
        return ({ route, method, status }) => {
          http.running.dec()
          http.requests.inc({ route, method, status })
          http.seconds.observe({ route }, (now() - beganMs) / 1000)
        }
      },
      async text () {
        if (line !== undefined) {
          http.line.set({ state: 'running' }, line.running)
          http.line.set({ state: 'waiting' }, line.waiting)
        }
        const read = sources()
        if (read !== undefined) {
          states(read)
          await look(read)
        }
        return await registry.metrics()
      }
    }
  }
}

/** `ring` of `/shoal/ring/1.0.0`: versions side by side count together. */
const shortName = (protocol: string): string => protocol.split('/')[2] ?? protocol

/** What a total has grown by since it was last looked at. */
function counters (): (name: string, total: number) => number {
  const before = new Map<string, number>()
  return (name, total) => {
    const grown = Math.max(0, total - (before.get(name) ?? 0))
    before.set(name, total)
    return grown
  }
}

/**
 * The composition root: everything that a node is, wired in the order in which it starts. Stopping goes the other way.
 */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { thinClient } from '../client/index.ts'
import { createEngine } from '../engine/index.ts'
import { startGateway } from '../gateway/index.ts'
import { coordinator, stageServer } from '../pipeline/index.ts'
import { planRoute } from '../routing/index.ts'
import { GENERATE_PROTOCOL } from '../../protocols/generate/index.ts'
import { RING_PROTOCOL } from '../../protocols/ring/index.ts'
import { encodeInvite, targetsOf } from '../p2p/index.ts'
import { lockDataFolder, modelStore, spillFile } from '../store/index.ts'
import { memoryBudget, type DaemonConfig } from './config.ts'
import { version } from './folders.ts'
import { controlServer } from './control/index.ts'
import { departure } from './departure.ts'
import { generator } from './generator.ts'
import { localModels } from './local-model.ts'
import { createLog } from './log.ts'
import { resolveModel } from './models.ts'
import { GOODBYE_MS, joinAll, lookAround, network } from './network.ts'
import { obey } from './orders.ts'
import { partLoader } from './part-loader.ts'
import { publisher } from './publisher.ts'
import { spanWeightBytes } from './span-cost.ts'
import { checkSpan, settleSpan } from './span-choice.ts'
import { servedSpan, type SelfInit, type SelfState } from './self-description.ts'
import { rejoin } from './rejoin.ts'
import { keepState, type DaemonState } from './state-file.ts'
import { swarmView } from './swarm-view.ts'
import { teardown } from './teardown.ts'
import type { NodeRecord } from '../swarm/index.ts'

export interface DaemonHooks {
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
  onProgress (stage: string, unit: 'bytes' | 'layers', done: number, total: number): void
}

export interface Daemon {
  readonly state: DaemonState
  /** Resolves when a command on this machine has asked for a stop. */
  readonly stopAsked: Promise<unknown>
  /** Answers at work. */
  readonly left: number
  /** Takes no more work, hands over or ends what is at work (up to the drain timeout), says goodbye, and frees everything. */
  stop (): Promise<void>
}

const SLOW_LOAD_MS = 500
/** How long a question waits for nodes that are not known yet. */
const LOOK_MS = 2000

/** Starts a node and resolves when it can take work. @throws whatever keeps it from that, with nothing left running */
export async function startDaemon (config: DaemonConfig, { signal, onProgress }: DaemonHooks): Promise<Daemon> {
  const { compute, data, slots } = config
  const log = createLog(config)
  const down = teardown((step, error) => { log.warn({ step, error: error.message }, 'stopping went wrong') })

  try {
    // a slip is told before anything slow begins
    config.join.forEach(targetsOf)
    await mkdir(data, { recursive: true })
    const lock = await lockDataFolder(data)
    down.add('lock', async () => await lock.release())

    const store = await modelStore(data)
    const model = await resolveModel(store, config.model, { signal, onProgress: (done, total) => { onProgress('importing the model', 'bytes', done, total) } })
    const { manifest, modelId } = model
    const contextLength = Math.min(config.contextLength ?? Infinity, manifest.config.contextLength)

    const engine = await createEngine({
      device: config.device,
      ...(config.threads == null ? {} : { threads: config.threads }),
      ...(config.kvType == null ? {} : { kvType: config.kvType })
    })
    down.add('engine', async () => await engine.close())
    const budget = memoryBudget(config, engine.device.freeBytes)
    if (config.span != null) checkSpan(model, config.span, compute, budget)

    const { host, swarm } = await network(config, 'node', log)
    await host.start()
    down.add('host', async () => await host.stop())
    await swarm.start()
    down.add('swarm', async () => await swarm.stop(), GOODBYE_MS)
    const joined = await joinAll(host, config.join, { signal })
    log.info({ peerId: host.peerId, joined: joined.length }, 'joined')

    const self: SelfInit = {
      name: config.name ?? host.peerId.slice(-8),
      version: version(),
      engine,
      model,
      compute,
      protocols: [RING_PROTOCOL, GENERATE_PROTOCOL],
      addresses: () => host.addresses()
    }
    const spill = await spillFile(data, {
      onError (error) { log.warn({ error: error.message }, 'the spill file failed: long sessions keep less to be repaired from') }
    }).catch((error: unknown) => { log.warn({ error: error instanceof Error ? error.message : String(error) }, 'there is no spill file: long sessions keep less to be repaired from') })
    down.add('spill', async () => await spill?.close())
    const stages = stageServer({ host, spill: spill ?? undefined }, { sharePrefixes: config.sharePrefixes })
    let atWork: () => Pick<SelfState, 'runner' | 'rates'> = () => ({})
    let state: SelfState = { state: 'claiming' }
    const now = (): SelfState => ({ ...state, ...atWork() })
    const publish = publisher(swarm, self, log)
    down.add('publisher', async () => await publish.stop())

    const span = await settleSpan({
      swarm,
      peerId: host.peerId,
      random: Math.random,
      claim: async (claimed) => {
        state = { state: 'claiming', span: claimed }
        await publish.now(now())
      }
    }, { model, given: config.span, compute, kvType: engine.kvType(compute), contextLength, budget, others: joined.length > 0 ? 'joined' : config.lan ? 'lan' : 'none', signal })

    state = { state: 'loading', span }
    // Told only where it takes a while: records are published at most once a second, and the next one matters more.
    const slow = setTimeout(() => { publish.soon(now()) }, SLOW_LOAD_MS)
    const runner = await engine.load({ manifest, blobFolder: store.blobs.folder }, span, {
      compute,
      contextLength,
      kvBytes: Math.max(0, budget - spanWeightBytes(manifest, compute, span)),
      ...(slots == null ? {} : { slots }),
      signal,
      onProgress: (done, total) => { onProgress('loading layers', 'layers', done, total) }
    }).finally(() => { clearTimeout(slow) })
    down.add('span', async () => await runner.close())
    atWork = () => ({ runner, rates: stages.rates(runner) })
    log.info({ model: model.name, span: [span.start, span.end], device: engine.device.label }, 'loaded')

    const parts = partLoader({
      engine,
      source: { manifest, blobFolder: store.blobs.folder },
      whole: runner,
      compute,
      contextLength,
      onError (error) { log.warn({ error: error.message }, 'a part of the span could not be closed') }
    })
    // stopped behind the stages, whose sessions work on parts
    down.add('parts', async () => await parts.close())
    await stages.start()
    down.add('stages', async () => await stages.stop())
    stages.offer(modelId, runner, parts)

    const models = localModels(store)
    await models.get(modelId)
    const own = (): NodeRecord => publish.record(host.peerId, now())
    const sessions = coordinator({
      host,
      swarm,
      models: async (id) => await models.get(id),
      planRoute,
      localSpans: () => [servedSpan(self, now())].flatMap((served) => served ?? [])
    })
    await sessions.start()
    down.add('coordinator', async () => await sessions.stop())

    const records = (): NodeRecord[] => [...swarm.nodes().filter(({ peerId }) => peerId !== host.peerId), own()]
    const ending = new AbortController()
    const answers = generator({
      coordinator: sessions,
      client: thinClient({ host, swarm }),
      models,
      records,
      lookAround: async (options) => await lookAround(swarm, { modelId, timeoutMs: LOOK_MS, ...options }),
      ended: ending.signal
    })
    const gateway = config.http === 'off'
      ? undefined
      : await startGateway({
          generator: answers,
          logger: log.child({ part: 'http' }, { level: config.verbose ? 'debug' : 'warn' }),
          swarm: () => ({ ...swarmView(records(), (peer) => swarm.roundTripMs(peer)), repairs: sessions.repairs }),
          // a node that is paused answers its own user all the same
          ready: () => ['online', 'draining'].includes(state.state) && !ending.signal.aborted
        }, {
          host: config.http.host,
          port: config.http.port,
          moveOn: !config.http.given,
          apiKeys: config.apiKey == null || config.apiKey === '' ? [] : [config.apiKey]
        })
    if (gateway != null) down.add('gateway', async () => await gateway.stop({ signal: AbortSignal.abort() }))

    state = { state: 'online', span }
    await publish.now(now())
    publish.keepUp(now)

    const rejoining = rejoin({
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      random: Math.random,
      neighbours: async () => await swarm.neighbours(),
      ping: async (peer, options) => await host.ping(peer, options),
      drop: (peer) => { swarm.drop(peer) },
      join: async (target, options) => await host.join(target, options),
      known: () => swarm.nodes().flatMap(({ addresses }) => addresses.length > 0 ? encodeInvite({ addresses }) : []),
      back: async (options) => {
        await publish.now(now())
        await swarm.refresh(options)
      },
      log: (fields, message) => { log.info(fields, message) }
    }, { join: config.join })
    rejoining.start()
    down.add('rejoining', async () => await rejoining.stop())

    const node = departure({
      stages,
      coordinator: sessions,
      gateway,
      elsewhere: () => answers.elsewhere,
      ending,
      announce: (as) => {
        state = { state: as, span }
        publish.soon(now())
      }
    }, { drainTimeoutMs: config.drainTimeoutMs })
    const control = await controlServer(data, (request) => obey(node, request)).catch((error: unknown) => {
      log.warn({ error: error instanceof Error ? error.message : String(error) }, 'no control channel: `shoal pause` will not reach this node')
    })
    if (control != null) down.add('control', async () => await control.stop())
    const describe = (): DaemonState => ({
      pid: process.pid,
      peerId: host.peerId,
      addrs: host.addresses(),
      http: gateway?.url ?? null,
      model: model.name,
      modelId,
      span: [span.start, span.end],
      psk: config.psk == null ? null : resolve(config.psk),
      control: control?.path ?? null
    })
    const stateFile = await keepState(data, describe, host.onAddresses, (error) => { log.warn({ error: error instanceof Error ? error.message : String(error) }, 'the state file could not be written') })
    down.add('state file', async () => await stateFile.stop())

    return {
      state: describe(),
      stopAsked: node.stopping,
      get left () { return node.status().left },
      stop: async () => {
        if (!await node.stop()) log.warn({}, 'some answers were not done within the drain timeout')
        await down.run()
      }
    }
  } catch (error) {
    await down.run()
    throw error
  }
}

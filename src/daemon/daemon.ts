/**
 * The composition root: everything that a node is, wired in the order in which it starts. Stopping goes the other way.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { invitesOf, thinClient } from '../client/index.ts'
import { createEngine } from '../engine/index.ts'
import { startGateway } from '../gateway/index.ts'
import { coordinator, grammars, stageServer } from '../pipeline/index.ts'
import { planRoute } from '../routing/index.ts'
import { BLOB_PROTOCOL } from '../../protocols/blob/index.ts'
import { GENERATE_PROTOCOL } from '../../protocols/generate/index.ts'
import { RING_PROTOCOL } from '../../protocols/ring/index.ts'
import { targetsOf } from '../p2p/index.ts'
import { filesIn, knownSources, lockDataFolder, modelStore } from '../store/index.ts'
import { diskLimit, memoryBudget, type DaemonConfig } from './config.ts'
import { grammarWorker, packageRoot, version } from './folders.ts'
import { controlServer } from './control/index.ts'
import { departure } from './departure.ts'
import { generator } from './generator.ts'
import { keyRing } from './key-file.ts'
import { localModels } from './local-model.ts'
import { createLog } from './log.ts'
import { hubModel } from './hub-model.ts'
import { hubNameOf } from './models.ts'
import { fetching, localModel, swarmModel } from './serve-model.ts'
import { GOODBYE_MS, joinAll, keyFileOf, lookAround, network } from './network.ts'
import { observation } from './observation.ts'
import { obey } from './orders.ts'
import { overview } from './overview.ts'
import { publisher } from './publisher.ts'
import { checkSpan } from './span-choice.ts'
import { serveSpan } from './serve-span.ts'
import { servedSpan, type SelfInit, type SelfState } from './self-description.ts'
import { rejoin } from './rejoin.ts'
import { keepState, type DaemonState } from './state-file.ts'
import { modelViews, swarmView, type SwarmView } from './swarm-view.ts'
import { spillOf } from './spill-of.ts'
import { teardown } from './teardown.ts'
import { weights } from './weights.ts'
import type { SpanRunner } from '../engine/index.ts'
import type { Span } from '../model/index.ts'
import type { DaemonHooks } from './hooks.ts'
import type { NodeRecord } from '../swarm/index.ts'

export interface Daemon {
  readonly state: DaemonState
  /** Resolves when a command on this machine has asked for a stop. */
  readonly stopAsked: Promise<unknown>
  /** Answers at work. */
  readonly left: number
  /** Takes no more work, hands over or ends what is at work (up to the drain timeout), says goodbye, and frees everything. */
  stop (): Promise<void>
}

/** What the record of a node says that only shares weights. */
const NO_ENGINE: SelfInit['engine'] = { device: { kind: 'none', label: 'shares weights only', memoryBytes: 0 }, numericClass: () => 'none' }
/** How long a node that knows nobody waits for somebody to have what it lacks. */
const ALONE_MS = 1_000
/** How long a question waits for nodes that are not known yet. */
const LOOK_MS = 2000

/** Starts a node and resolves when it can take work. @throws whatever keeps it from that, with nothing left running */
export async function startDaemon (config: DaemonConfig, hooks: DaemonHooks): Promise<Daemon> {
  const { compute, data } = config
  const { signal } = hooks
  const log = createLog(config)
  const { traces, metrics, happening, watch, read } = observation(log)
  const down = teardown((step, error) => { log.warn({ step, error: error.message }, 'stopping went wrong') })

  try {
    // a slip is told before anything slow begins
    config.join.forEach(targetsOf)
    await mkdir(data, { recursive: true })
    const lock = await lockDataFolder(data)
    down.add('lock', async () => await lock.release())

    const store = await modelStore(data)
    const local = await localModel(store, config, hooks)

    const engine = config.shareOnly
      ? undefined
      : await createEngine({
          device: config.device,
          ...(config.threads == null ? {} : { threads: config.threads }),
          ...(config.kvType == null ? {} : { kvType: config.kvType })
        })
    down.add('engine', async () => await engine?.close())
    const budget = engine === undefined ? 0 : memoryBudget(config, engine.device.freeBytes)
    if (config.span != null && local !== undefined && engine !== undefined) checkSpan(local, config.span, compute, budget)

    const psk = await keyFileOf(config)
    const { host, swarm } = await network({ ...config, psk }, 'node', log)
    await host.start()
    down.add('host', async () => await host.stop())
    await swarm.start()
    down.add('swarm', async () => await swarm.stop(), GOODBYE_MS)
    const joined = await joinAll(host, config.join, { signal })
    log.info({ peerId: host.peerId, joined: joined.length }, 'joined')

    const held = grammars({ workerFile: grammarWorker() })
    down.add('grammars', async () => await held.stop())
    const perPeer = {
      tokensPerMinutePerPeer: config.peers?.tokensPerMinute,
      prefer: config.peers?.prefer,
      ...(config.peers?.sessions == null ? {} : { maxSessionsPerPeer: config.peers.sessions })
    }
    const stages = stageServer({ host, spill: await spillOf(data, log, down), grammars: held, observer: metrics.laps, log }, { sharePrefixes: config.sharePrefixes, ...perPeer })
    const bulk = weights({
      host,
      swarm,
      store,
      isBusy: () => stages.sessions > 0,
      onFault (error) { log.warn({ error: error.message }, 'a peer that was asked for weights is at fault') },
      onDamage ({ part, reason }) {
        log.warn({ cid: part.cid, reason }, 'a blob on the disk is damaged')
        hooks.onNote(`a blob on the disk is damaged: ${part.cid}: ${reason}; its right pieces are kept, the others are fetched anew`)
      }
    }, {
      uploadBytesPerSecond: config.uploadBytesPerSecond,
      diskBytes: await diskLimit(config),
      // nobody will turn up where nobody is looked for
      patienceMs: joined.length > 0 || config.lan ? undefined : ALONE_MS
    })
    down.add('weights', async () => await bulk.stop())
    const hubName = local === undefined ? await hubNameOf(config.model ?? '') : undefined
    const elsewhere = { swarm, store, weights: bulk }
    const { model, hub } = local !== undefined
      ? { model: local, hub: undefined }
      : hubName === undefined ? await swarmModel(elsewhere, config.model ?? '', hooks) : await hubModel(elsewhere, hubName, config, hooks)
    const { manifest, modelId } = model
    const models = localModels(store)
    await bulk.offer(model)

    const self: SelfInit = {
      name: config.name ?? host.peerId.slice(-8),
      version: version(),
      engine: engine ?? NO_ENGINE,
      model,
      source: [...await knownSources(store)].find(([, made]) => made === modelId)?.[0],
      compute,
      protocols: [...(config.shareOnly ? [] : [RING_PROTOCOL]), GENERATE_PROTOCOL, BLOB_PROTOCOL],
      addresses: () => host.addresses()
    }
    let atWork: () => Pick<SelfState, 'rates'> & { readonly runner?: SpanRunner } = () => ({})
    let state: SelfState = { state: 'claiming' }
    const now = (): SelfState => ({ ...state, ...atWork() })
    const publish = publisher(swarm, self, log)
    down.add('publisher', async () => await publish.stop())

    let span: Span | undefined
    if (engine === undefined) {
      await publish.now(now())
      await bulk.span(model, config.span ?? { start: 0, end: manifest.config.layerCount }, hub, fetching(hooks))
    } else {
      const runner = await serveSpan({
        engine,
        swarm,
        peerId: host.peerId,
        store,
        weights: bulk,
        models,
        stages,
        log,
        onRun: metrics.onRun,
        down,
        claim: async (claimed) => {
          state = { state: 'claiming', span: claimed }
          await publish.now(now())
        },
        loading: (chosen) => {
          state = { state: 'loading', span: chosen }
          return () => { publish.soon(now()) }
        }
      }, { config, model, hub, budget, contextLength: Math.min(config.contextLength ?? Infinity, manifest.config.contextLength), joined: joined.length > 0, hooks })
      span = runner.span
      atWork = () => ({ runner, rates: stages.rates(runner) })
    }

    await models.get(modelId)
    const own = (): NodeRecord => publish.record(host.peerId, now())
    const sessions = coordinator({
      host,
      swarm,
      models: async (id) => await models.get(id),
      planRoute,
      log,
      watch: (events, about) => watch(events, { ...about, coordinator: 'here' }),
      localSpans: () => [servedSpan(self, now())].flatMap((served) => served ?? [])
    }, perPeer)
    await sessions.start()
    down.add('coordinator', async () => await sessions.stop())

    const others = (): NodeRecord[] => swarm.nodes().filter(({ peerId }) => peerId !== host.peerId)
    const records = (): NodeRecord[] => [...others(), own()]
    const ending = new AbortController()
    const answers = generator({
      coordinator: sessions,
      client: thinClient({ host, swarm }),
      models,
      records,
      lookAround: async (options) => { await lookAround(swarm, { modelId, timeoutMs: LOOK_MS, ...options }) },
      watch,
      ended: ending.signal
    })
    down.add('activity', happening.follow({ peerId: host.peerId, nodes: others, onChange: swarm.onChange }))
    const view = (): SwarmView => swarmView(records(), (peer) => swarm.roundTripMs(peer))
    const gateway = config.http === 'off'
      ? undefined
      : await startGateway({
          generator: answers,
          keys: keyRing(data),
          activity: happening,
          peer: { peerId: host.peerId, addresses: () => host.addresses() },
          logger: log.child({ part: 'http' }, { level: config.logLevel ?? (config.verbose ? 'debug' : 'warn') }),
          metrics: metrics.http,
          swarm: () => ({ self: host.peerId, ...view(), repairs: sessions.repairs }),
          // a node that is paused answers its own user all the same
          ready: () => ['online', 'draining'].includes(state.state) && !ending.signal.aborted
        }, {
          host: config.http.host,
          port: config.http.port,
          moveOn: !config.http.given,
          origins: config.httpOrigins ?? [],
          ...(config.tls == null ? {} : { tls: config.tls }),
          ...(config.trustedProxies == null ? {} : { trustedProxies: config.trustedProxies }),
          pages: join(packageRoot(), 'dist', 'web'),
          apiKeys: config.apiKey == null || config.apiKey === '' ? [] : [config.apiKey]
        })
    if (gateway != null) down.add('gateway', async () => await gateway.stop({ signal: AbortSignal.abort() }))

    state = { state: 'online', span }
    await publish.now(now())
    publish.keepUp(now)
    read({
      info: () => ({ version: self.version, device: self.engine.device.kind, compute }),
      online: () => state.state === 'online',
      layers: () => span === undefined ? 0 : span.end - span.start,
      missingLayers: () => modelViews(records()).find((each) => each.modelId === modelId)?.missing.reduce((sum, [start, end]) => sum + end - start, 0) ?? manifest.config.layerCount,
      answers: () => sessions.sessions + answers.elsewhere,
      stageSessions: () => stages.sessions,
      repairs: () => sessions.repairs,
      kv: () => atWork().runner?.kv(),
      traffic: () => host.traffic,
      nodes: () => records().length - 1,
      peers: () => host.libp2p.getPeers().length,
      routingTable: () => swarm.routingTable,
      weights: async () => (await filesIn(store.blobs.folder)).reduce((sum, { bytes }) => sum + bytes, 0),
      folder: data
    })

    const rejoining = rejoin({
      wallMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      random: Math.random,
      neighbours: async () => await swarm.neighbours(),
      ping: async (peer, options) => await host.ping(peer, options),
      drop: (peer) => { swarm.drop(peer) },
      join: async (target, options) => await host.join(target, options),
      known: () => invitesOf(swarm.nodes()),
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
    const control = await controlServer(data, (request) => obey({
      node,
      traces,
      overview: () => overview({ peerId: host.peerId, view, node, traces, coordinator: sessions, stages, tokens: () => metrics.tokens, kv: () => atWork().runner?.kv() })
    }, request)).catch((error: unknown) => {
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
      span: [span?.start ?? 0, span?.end ?? 0],
      psk: psk ?? null,
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

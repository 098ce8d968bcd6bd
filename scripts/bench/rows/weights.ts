/**
 * How fast weights travel: one peer against a bare stream of libp2p, three slow peers against one, and what a token's hop
 * waits while they do.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PIECE_BYTES } from '../../../src/model/index.ts'
import '../../../bin/v8.cjs'
import { createHost, type Host } from '../../../src/p2p/index.ts'
import { connectBlobPeer, fetchBlobs, modelStore, peerPool } from '../../../src/store/index.ts'
import { removeFolders, temporaryFolder } from '../../../test/support/shoal.ts'
import { bareNode, takeBare, takeLink, type BareGiver } from './bare-stream.ts'
import { HOP_PROTOCOL } from './hop.ts'
import { pairedRatio, quantile, summary } from '../statistics.ts'
import type { BenchOptions } from '../options.ts'
import type { Row } from '../table.ts'

const MiB = 1024 * 1024
const SIZE = 192 * MiB
const SLOW_SIZE = 48 * MiB
const SLOW = 10 * MiB
const HOPS = 600
const HOP_FRAME_BYTES = 2_072

interface Giver {
  readonly child: ChildProcess
  readonly peerId: string
  readonly address: string
  readonly bare: BareGiver
  readonly part: { readonly cid: string, readonly size: number, readonly pieces: string }
}

async function giver (size: number, bytesPerSecond = 0): Promise<Giver> {
  const child = spawn(process.execPath, [
    '--import', 'tsx', '--import', './src/p2p/node20.ts', fileURLToPath(new URL('blob-giver.ts', import.meta.url)), String(size), String(bytesPerSecond)
  ], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
  return { child, ...JSON.parse(line) as Omit<Giver, 'child'> }
}

/** Bytes a second of a blob that is checked and on the disk. */
async function fetched (host: Host, givers: readonly Giver[], isBusy = () => false): Promise<number> {
  const [first] = givers
  if (first === undefined) throw new RangeError('nobody gives')
  const { blobs } = await modelStore(await temporaryFolder())
  const pool = peerPool({
    find: () => givers.map(({ peerId }) => peerId),
    connect: async (id, options) => await connectBlobPeer(host, id, { ...options, addresses: givers.flatMap(({ peerId, address }) => (peerId === id ? [address] : [])) })
  })
  const started = performance.now()
  await fetchBlobs({ blobs, pool, isBusy }, { parts: [{ ...first.part, pieceSize: PIECE_BYTES, tensors: [] }] })
  pool.close()
  const seconds = (performance.now() - started) / 1000
  await removeFolders()
  return first.part.size / seconds
}

/** Processor time of this process, all its threads, in ms for each MB that `task` brings. */
async function costed (bytes: number, task: () => Promise<number>): Promise<{ readonly rate: number, readonly msPerMegabyte: number }> {
  const before = process.cpuUsage()
  const rate = await task()
  const { user, system } = process.cpuUsage(before)
  return { rate, msPerMegabyte: (user + system) / 1000 / (bytes / 1e6) }
}

/** Half a round trip of a token's frame, each when the last has come back, until it is over or there are enough. */
async function hops (host: Host, { peerId, address }: Giver, isOver: () => boolean): Promise<number[]> {
  const link = await host.open(peerId, HOP_PROTOCOL, { addresses: [address] })
  const times: number[] = []
  let back = Promise.withResolvers<undefined>()
  link.listen({ frame: () => { back.resolve(undefined) }, close: () => { back.reject(new Error('the link is over')) } })
  while (!isOver()) {
    const frame = new Uint8Array(HOP_FRAME_BYTES)
    new DataView(frame.buffer).setUint32(0, HOP_FRAME_BYTES - 4, true)
    back = Promise.withResolvers()
    const started = performance.now()
    link.send(frame)
    await back.promise
    times.push((performance.now() - started) / 2)
    // as a decode does: the loop is free between two tokens
    await new Promise((resolve) => { setTimeout(resolve, 2) })
    if (times.length >= HOPS) break
  }
  await link.close()
  return times
}

export async function weightRows ({ rounds }: Pick<BenchOptions, 'rounds'>): Promise<Row[]> {
  const fast = await giver(SIZE)
  const slow = await Promise.all([1, 2, 3].map(async () => await giver(SLOW_SIZE, SLOW)))
  const host = await createHost({ listen: [] })
  await host.start()
  const stock = await bareNode()
  const [bareRates, linkRates, oneRates, idle, busy]: number[][] = [[], [], [], [], []]
  const during: number[] = []
  const [bareCosts, oneCosts]: number[][] = [[], []]
  for (let round = 0; round <= rounds; round++) {
    const stream = await costed(SIZE, async () => await takeBare(stock, fast.bare))
    const link = await takeLink(host, fast)
    const one = await costed(SIZE, async () => await fetched(host, [fast]))
    const alone = await hops(host, fast, () => false)
    let over = false
    const transfer = fetched(host, [fast], () => true).finally(() => { over = true })
    const beside = await hops(host, fast, () => over)
    const rate = await transfer
    if (round === 0) continue
    bareRates?.push(stream.rate)
    linkRates?.push(link)
    oneRates?.push(one.rate)
    bareCosts?.push(stream.msPerMegabyte)
    oneCosts?.push(one.msPerMegabyte)
    idle?.push(quantile(alone, 0.5))
    busy?.push(quantile(beside, 0.5))
    during.push(rate)
  }
  const [slowOne, slowThree]: number[][] = [[], []]
  for (let round = 0; round < Math.min(rounds, 2); round++) {
    slowOne?.push(await fetched(host, slow.slice(0, 1)))
    slowThree?.push(await fetched(host, slow))
  }
  await Promise.all([host.stop(), stock.stop()])
  for (const { child } of [fast, ...slow]) child.stdin?.end()
  const mega = (values: readonly number[] = []): number[] => values.map((value) => value / 1e6)
  return [
    {
      id: 'weights/one-peer',
      what: `a blob of ${SIZE / MiB} MiB from one peer, checked and on the disk`,
      unit: 'MB/s',
      measured: summary(mega(oneRates)),
      ratios: [{ against: 'a bare stream of libp2p between the same two processes', value: pairedRatio(oneRates ?? [], bareRates ?? []), better: 'higher', aim: 0.6 }],
      remark: `the bare one: ${summary(mega(bareRates)).median.toFixed(0)} MB/s; processor time of the receiver ${summary(oneCosts ?? []).median.toFixed(1)} ms a MB, ${summary(bareCosts ?? []).median.toFixed(1)} for the bare one`
    },
    {
      id: 'weights/link',
      what: 'as many bytes over a link of Shoal\'s, neither checked nor kept',
      unit: 'MB/s',
      measured: summary(mega(linkRates)),
      ratios: [{ against: 'a bare stream of libp2p between the same two processes', value: pairedRatio(linkRates ?? [], bareRates ?? []), better: 'higher' }]
    },
    {
      id: 'weights/three-peers',
      what: `a blob of ${SLOW_SIZE / MiB} MiB from three peers that give ${SLOW / MiB} MiB/s each`,
      unit: 'MB/s',
      measured: summary(mega(slowThree)),
      ratios: [{ against: 'from one of them', value: pairedRatio(slowThree ?? [], slowOne ?? []), better: 'higher', aim: 2.5 }]
    },
    {
      id: 'weights/hop-beside',
      what: 'a token\'s hop while both ends move weights as fast as they may',
      unit: 'ms',
      measured: summary(busy ?? []),
      ratios: [{ against: 'without', value: pairedRatio(busy ?? [], idle ?? []), better: 'lower', aim: 2 }],
      remark: `medians; ${summary(mega(during)).median.toFixed(0)} MB/s of weights beside it`
    }
  ]
}

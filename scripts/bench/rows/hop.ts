/**
 * What a hop costs beyond compute: the time of a frame of hidden states (width 1,024, 16-bit) from encoding to decoding in
 * another process over loopback, and the bytes that a frame takes on the socket, encryption and multiplexing included.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { allocFrame, FRAME_HEADER_BYTES, payloadOf, writeHeader } from '../../../protocols/frame/index.ts'
import { createHost, type Link } from '../../../src/p2p/index.ts'
import { wires } from '../../../src/pipeline/wire/index.ts'
import { proxyTo } from '../proxy.ts'
import { quantile, summary, type Summary } from '../statistics.ts'
import type { Row } from '../table.ts'

export const HOP_PROTOCOL = '/shoal/bench-hop/1.0.0'
/** Answers the last of so many frames. */
export const SINK_PROTOCOL = '/shoal/bench-sink/1.0.0'
export const SINK_FRAMES = 500
const HIDDEN = 1024
const ROUNDS = 2000
const WARM_UP = 200

/** Sends a frame again and again, each when the last has come back; half of each round trip in ms. */
async function pingPong (link: Link, make: () => Uint8Array, take: (frame: Uint8Array) => void, rounds: number): Promise<number[]> {
  const oneWay: number[] = []
  let back = Promise.withResolvers<Uint8Array>()
  link.listen({ frame: (frame) => { back.resolve(frame) }, close: () => { back.reject(new Error('the link is over')) } })
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    back = Promise.withResolvers()
    link.send(make())
    take(await back.promise)
    oneWay.push((performance.now() - started) / 2)
  }
  return oneWay
}

export async function hopRows (): Promise<Row[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--import', './src/p2p/node20.ts', fileURLToPath(new URL('echo.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
  const { peerId, address } = JSON.parse(line) as { peerId: string, address: string }
  const host = await createHost({ listen: [] })
  await host.start()

  const hidden = Float32Array.from({ length: HIDDEN }, (_, index) => Math.sin(index))
  const input = new Float32Array(HIDDEN)
  const { f16 } = wires
  const hiddenFrame = (): Uint8Array => {
    const frame = allocFrame(f16.bytes(1, HIDDEN))
    writeHeader(frame, { type: 9, rows: 1, score: 1 })
    f16.encode(hidden, 1, HIDDEN, frame.subarray(FRAME_HEADER_BYTES))
    return frame
  }
  const tokenFrame = (): Uint8Array => {
    const frame = allocFrame(4)
    writeHeader(frame, { type: 10, rows: 1 })
    return frame
  }
  const times = await pingPong(await host.open(peerId, HOP_PROTOCOL, { addresses: [address] }), hiddenFrame, (frame) => { f16.decode(payloadOf(frame), 1, HIDDEN, input) }, ROUNDS + WARM_UP)
  await host.stop()

  const proxy = await proxyTo(Number(/\/tcp\/(\d+)/.exec(address)?.[1]))
  const counted = await createHost({ listen: [] })
  await counted.start()
  const through = address.replace(/\/tcp\/\d+/, `/tcp/${proxy.port}`)
  /** Bytes a frame: towards the receiver, and what comes back for it (Yamux's window updates). */
  const bytesOf = async (make: () => Uint8Array): Promise<{ there: number, back: number }> => {
    const link = await counted.open(peerId, SINK_PROTOCOL, { addresses: [through] })
    const all = Promise.withResolvers<undefined>()
    link.listen({ frame: () => { all.resolve(undefined) }, close: () => { all.reject(new Error('the link is over')) } })
    // identify and the stream's own negotiation are not the hop's
    await new Promise((resolve) => { setTimeout(resolve, 500) })
    const before = proxy.passed()
    for (let index = 0; index < SINK_FRAMES; index++) {
      link.send(make())
      await new Promise((resolve) => { setTimeout(resolve, 1) })
    }
    await all.promise
    const after = proxy.passed()
    return { there: (after.there - before.there) / SINK_FRAMES, back: (after.back - before.back) / SINK_FRAMES }
  }
  const hiddenBytes = await bytesOf(hiddenFrame)
  const tokenBytes = await bytesOf(tokenFrame)
  await counted.stop()
  proxy.close()
  child.stdin.end()

  const measured = times.slice(WARM_UP)
  const p50 = quantile(measured, 0.5)
  return [
    {
      id: 'hop/time',
      what: `a hop of width ${HIDDEN} in 16 bits between two processes`,
      unit: 'ms',
      measured: { median: p50, low: quantile(measured, 0.01), high: quantile(measured, 0.99), count: measured.length },
      ratios: [{ against: 'the 1 ms allowed', value: p50, better: 'lower', aim: 1 }],
      remark: 'from encoding to decoding; median, 1st and 99th percentile'
    },
    {
      id: 'hop/hidden-bytes',
      what: `bytes a token a hop on the socket, width ${HIDDEN} in 16 bits`,
      unit: 'bytes',
      measured: one(hiddenBytes.there),
      ratios: [{ against: 'the 64 bytes allowed beyond 2 × width', value: (hiddenBytes.there - 2 * HIDDEN) / 64, better: 'lower', aim: 1 }],
      remark: `and ${hiddenBytes.back.toFixed(1)} back`
    },
    {
      id: 'hop/token-bytes',
      what: 'bytes a token from the tail to the head on the socket',
      unit: 'bytes',
      measured: one(tokenBytes.there),
      ratios: [{ against: 'the 64 bytes allowed', value: tokenBytes.there / 64, better: 'lower', aim: 1 }],
      remark: `and ${tokenBytes.back.toFixed(1)} back`
    }
  ]
}

const one = (value: number): Summary => summary([value])

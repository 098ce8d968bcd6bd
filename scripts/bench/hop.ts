/**
 * What a hop costs beyond compute: the time of a frame of hidden states (width 1,024, 16-bit) from encoding to decoding in
 * another process over loopback, and the bytes that a frame takes on the socket, encryption and multiplexing included.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { allocFrame, FRAME_HEADER_BYTES, payloadOf, writeHeader } from '../../protocols/frame/index.ts'
import { createHost, type Link } from '../../src/p2p/index.ts'
import { wires } from '../../src/pipeline/wire/index.ts'
import { quantile, type Row } from './table.ts'

export const HOP_PROTOCOL = '/shoal/bench-hop/1.0.0'
/** Answers the last of so many frames. */
export const SINK_PROTOCOL = '/shoal/bench-sink/1.0.0'
export const SINK_FRAMES = 500
const HIDDEN = 1024
const ROUNDS = 2000
const WARM_UP = 200

/** A TCP proxy that counts what passes towards `port`, and back. */
async function countingProxy (port: number): Promise<{ server: Server, port: number, passed: () => { there: number, back: number } }> {
  let there = 0
  let back = 0
  const server = createServer((socket) => {
    const target = connect(port, '127.0.0.1')
    target.setNoDelay(true)
    socket.setNoDelay(true)
    socket.on('data', (bytes) => { there += bytes.length })
    target.on('data', (bytes) => { back += bytes.length })
    socket.pipe(target).pipe(socket)
    socket.on('error', () => target.destroy())
    target.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port, passed: () => ({ there, back }) }
}

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

  const proxy = await countingProxy(Number(/\/tcp\/(\d+)/.exec(address)?.[1]))
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
  proxy.server.close()
  child.stdin.end()

  const measured = times.slice(WARM_UP)
  return [
    { what: `hop, width ${HIDDEN}, 16-bit: one way, p50 / p99`, value: `${quantile(measured, 0.5).toFixed(2)} / ${quantile(measured, 0.99).toFixed(2)} ms`, ratio: `${(quantile(measured, 0.5) / 1).toFixed(2)} × the 1 ms allowed` },
    { what: `bytes a token a hop, width ${HIDDEN}, on the socket`, value: `${hiddenBytes.there.toFixed(1)} (and ${hiddenBytes.back.toFixed(1)} back)`, ratio: `hidden × 2 + ${(hiddenBytes.there - 2 * HIDDEN).toFixed(1)}; + 64 allowed` },
    { what: 'bytes a token from the tail to the head, on the socket', value: `${tokenBytes.there.toFixed(1)} (and ${tokenBytes.back.toFixed(1)} back)`, ratio: `${(tokenBytes.there / 64).toFixed(2)} × the 64 allowed` }
  ]
}

import { Hello, Open, RING_PROTOCOL, Resume, RingType, type Tail } from '../../../protocols/ring/index.ts'
import { encodeFrame, payloadOf, readHeader, type FrameHeader } from '../../../protocols/frame/index.ts'
import { stageServer, type Grammars, type StageServer, type StageServerInit } from '../../../src/pipeline/index.ts'
import { wires } from '../../../src/pipeline/wire/index.ts'
import { CONTEXT, HIDDEN, VOCAB, fakeRunner, type FakeRunner } from './fake-model.ts'
import { memoryNetwork, type MemoryHost, type MemoryNetwork } from './memory-network.ts'
import { settle, virtualClock, type VirtualClock } from './virtual-clock.ts'
import type { Link } from '../../../src/p2p/index.ts'
import type { Span } from '../../../src/model/index.ts'

/** A link driven by hand, with what came over it. */
export interface RawLink {
  readonly link: Link
  readonly frames: Array<{ readonly header: FrameHeader, readonly payload: Uint8Array, readonly frame: Uint8Array }>
  closed: boolean
  send (header: Partial<FrameHeader> & { readonly type: number }, payload?: Uint8Array): void
  /** Frames of one type. */
  of (type: number): Array<{ readonly header: FrameHeader, readonly payload: Uint8Array, readonly frame: Uint8Array }>
}

export function rawLink (link: Link): RawLink {
  const raw: RawLink = {
    link,
    frames: [],
    closed: false,
    send: (header, payload) => { link.send(encodeFrame({ epoch: 1, ...header }, payload)) },
    of: (type) => raw.frames.filter(({ header }) => header.type === type)
  }
  link.listen({
    frame: (frame) => { raw.frames.push({ header: readHeader(frame), payload: payloadOf(frame), frame }) },
    close: () => { raw.closed = true }
  })
  return raw
}

/** One stage `m` of a session, everybody round it played by hand: coordinator `c`, previous `p`, next `n`. */
export interface RawStage {
  readonly network: MemoryNetwork
  readonly clock: VirtualClock
  readonly server: StageServer
  readonly runner: FakeRunner
  host (peerId: string): MemoryHost
  /** Opens a session and lets it begin; the control link. */
  open (changes?: Partial<Open>, from?: string, resumes?: boolean): Promise<RawLink>
  /** The data link of `p`, or of another. */
  hello (changes?: Partial<Hello>, from?: string): Promise<RawLink>
  raw (from?: string): Promise<RawLink>
  /** Links that the stage opened to `n`. */
  readonly next: RawLink[]
}

export const SESSION = new Uint8Array(16).fill(7)

export const TAIL: Tail = {
  promptTokens: 4, maxTokens: 3, stopIds: [], promptIds: new Uint8Array(0), scorePrompt: false,
  temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map(), seed: 1n
}

export function openOf (span: Span, changes: Partial<Open> = {}): Open {
  return {
    session: SESSION, epoch: 1, modelId: 'model', ...span, compute: 1, wire: 'f32', positions: 20,
    prev: [{ peerId: 'p', start: 0, addresses: [] }], next: [{ peerId: 'n', start: 4, addresses: [] }],
    role: 0, ropeVariant: 0, requires: [], stages: 1, prefix: new Uint8Array(0), ...changes
  }
}

export async function rawStage (span: Span = { start: 2, end: 4 }, init: StageServerInit = {}, { context = CONTEXT, grammars }: { context?: number, grammars?: Grammars } = {}): Promise<RawStage> {
  const network = memoryNetwork()
  const clock = virtualClock()
  const hosts = new Map<string, MemoryHost>()
  const host = (peerId: string): MemoryHost => {
    const made = hosts.get(peerId) ?? network.host(peerId)
    hosts.set(peerId, made)
    return made
  }
  const server = stageServer({ host: host('m'), clock, grammars }, init)
  const runner = fakeRunner(span, { context })
  server.offer('model', runner, undefined, { vocabSize: VOCAB, tokenBytes: (id) => Uint8Array.of(id) })
  await server.start()
  const next: RawLink[] = []
  await host('n').handle(RING_PROTOCOL, (link) => { next.push(rawLink(link)) })

  const raw = async (from = 'x'): Promise<RawLink> => rawLink(await host(from).open('m', RING_PROTOCOL))
  return {
    network,
    clock,
    server,
    runner,
    host,
    next,
    raw,
    async open (changes = {}, from = 'c', resumes = true) {
      const link = await raw(from)
      const open = openOf(span, changes)
      link.send({ type: RingType.open }, Open.encode(open))
      await settle()
      if (resumes && link.of(RingType.ready).length > 0) {
        link.send({ type: RingType.resume, epoch: open.epoch, position: 0 }, Resume.encode({ until: 0 }))
        await settle()
      }
      return link
    },
    async hello (changes = {}, from = 'p') {
      const link = await raw(from)
      link.send({ type: RingType.hello }, Hello.encode({ session: SESSION, epoch: 1, modelId: 'model', from: 0, to: span.start, ...changes }))
      await settle()
      return link
    }
  }
}

/** A payload of rows of small whole numbers, as f32. */
export function rowsOf (rows: number, value = 3): Uint8Array {
  const payload = new Uint8Array(wires.f32.bytes(rows, HIDDEN))
  wires.f32.encode(new Float32Array(rows * HIDDEN).fill(value), rows, HIDDEN, payload)
  return payload
}

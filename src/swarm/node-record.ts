import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import * as z from 'zod'
import {
  CLOCK_SKEW_MS, MAX_NODE_RECORD_BYTES, NODE_RECORD_CODEC, NODE_RECORD_DOMAIN, NODE_RECORD_LIFE_MS, NodeRecord as Message
} from '../../protocols/node-record/index.ts'
import { DescriptionError, RecordError } from './errors.ts'
import type { NodeDescription, NodeRecord, ServedSpan } from './types.ts'
import type { PrivateKey } from '@libp2p/interface'

const states = ['claiming', 'loading', 'online', 'draining', 'gone'] as const
const computes = ['fast', 'exact'] as const
const MAX_LABEL_BYTES = 64
const MAX_SOURCE_BYTES = 256
const MAX_ADDRESSES = 16

/** Text that somebody else wrote, fit to be printed. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, '')

const text = (bytes: number): z.ZodType<string, string> => z.string().refine((value) => new TextEncoder().encode(value).length <= bytes, `is longer than ${bytes} bytes`).transform(clean)
const amount = z.number().nonnegative().refine(Number.isFinite, 'is not finite')
const count = z.int().min(0).max(2 ** 32 - 1)

const spanSchema = z.object({
  modelId: text(128),
  label: text(MAX_LABEL_BYTES),
  layerCount: z.int().min(1).max(1024),
  start: z.int().min(0),
  end: z.int(),
  state: z.int().min(1).max(states.length),
  compute: z.int().min(1).max(computes.length),
  wires: z.array(text(16)).max(8),
  freeSlots: z.map(count, count),
  decodeMsPerToken: amount,
  prefillTokensPerSecond: amount,
  queueMs: amount,
  divisible: z.boolean()
}).refine(({ start, end, layerCount }) => start < end && end <= layerCount, 'serves no layers of its model')

const offerSchema = z.object({ modelId: text(128), label: text(MAX_LABEL_BYTES), source: text(MAX_SOURCE_BYTES) })

const schema = z.object({
  peerId: z.string().max(128),
  seq: z.bigint(),
  expiresAtMs: z.bigint(),
  gone: z.boolean(),
  name: text(MAX_LABEL_BYTES),
  version: text(32),
  deviceKind: text(16),
  deviceLabel: text(128),
  memoryBytes: z.bigint().max(2n ** 53n),
  numericClass: text(128),
  protocols: z.array(text(128)).max(32),
  addresses: z.array(text(512)).max(MAX_ADDRESSES),
  spans: z.array(spanSchema).max(8),
  offers: z.array(offerSchema).max(8)
})

export interface SealOptions {
  readonly seq: bigint
  readonly nowMs: number
  /** The node is leaving: the last record of its run. */
  readonly gone?: boolean
}

/**
 * Signs a record. Where all addresses together are too long for a record, it names the first ones.
 * @throws {DescriptionError} where it breaks a bound that readers check
 */
export async function sealRecord (key: PrivateKey, description: NodeDescription, { seq, nowMs, gone = false }: SealOptions): Promise<Uint8Array> {
  try {
    for (let addresses = description.addresses.slice(0, MAX_ADDRESSES); ; addresses = addresses.slice(0, -1)) {
      const sealed = await seal(key, { ...description, addresses }, { seq, nowMs, gone })
      if (sealed.byteLength <= MAX_NODE_RECORD_BYTES || addresses.length === 0) {
        await openRecord(sealed, { nowMs })
        return sealed
      }
    }
  } catch (error) {
    throw new DescriptionError(`this node's record would be refused: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function seal (key: PrivateKey, description: NodeDescription, { seq, nowMs, gone }: Required<SealOptions>): Promise<Uint8Array> {
  const payload = Message.encode({
    peerId: peerIdFromPublicKey(key.publicKey).toString(),
    seq,
    expiresAtMs: BigInt(Math.floor(nowMs) + NODE_RECORD_LIFE_MS),
    gone,
    name: description.name,
    version: description.version,
    deviceKind: description.device.kind,
    deviceLabel: description.device.label,
    memoryBytes: BigInt(Math.floor(description.memoryBytes)),
    numericClass: description.numericClass,
    protocols: [...description.protocols],
    addresses: [...description.addresses],
    spans: description.spans.map((span) => ({
      ...span,
      state: states.indexOf(span.state) + 1,
      compute: computes.indexOf(span.compute) + 1,
      wires: [...span.wires],
      freeSlots: new Map(Object.entries(span.freeSlots).map(([capacity, free]) => [Number(capacity), free]))
    })),
    offers: description.offers.map((offer) => ({ ...offer }))
  })
  const envelope = await RecordEnvelope.seal({ domain: NODE_RECORD_DOMAIN, codec: NODE_RECORD_CODEC, marshal: () => payload, equals: () => false }, key)
  return envelope.marshal()
}

export interface OpenedRecord extends NodeRecord {
  readonly gone: boolean
}

/** Opens a record that anybody may have sent. @throws {RecordError} naming what is wrong */
export async function openRecord (sealed: Uint8Array, { nowMs, peerId }: { readonly nowMs: number, readonly peerId?: string }): Promise<OpenedRecord> {
  if (sealed.byteLength > MAX_NODE_RECORD_BYTES) {
    throw new RecordError(`a node record of ${sealed.byteLength} bytes; at most ${MAX_NODE_RECORD_BYTES} are allowed`)
  }
  const { owner, payload } = await openEnvelope(sealed)
  const parsed = schema.safeParse(decode(payload))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new RecordError(`a malformed node record: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`)
  }
  const record = parsed.data
  if (record.peerId !== owner || (peerId != null && peerId !== owner)) {
    throw new RecordError(`a node record of ${peerId ?? record.peerId} is signed by ${owner}`)
  }
  const expiresAtMs = Number(record.expiresAtMs)
  checkLife({ peerId: owner, expiresAtMs }, nowMs)
  return {
    peerId: owner,
    seq: record.seq,
    // a clock that runs ahead gives nobody a longer life
    expiresAtMs: Math.min(expiresAtMs, nowMs + NODE_RECORD_LIFE_MS),
    gone: record.gone,
    name: record.name,
    version: record.version,
    device: { kind: record.deviceKind, label: record.deviceLabel },
    memoryBytes: Number(record.memoryBytes),
    numericClass: record.numericClass,
    protocols: record.protocols,
    addresses: record.addresses,
    spans: record.spans.map((span): ServedSpan => ({
      ...span,
      state: states[span.state - 1] ?? 'gone',
      compute: computes[span.compute - 1] ?? 'fast',
      freeSlots: Object.fromEntries(span.freeSlots)
    })),
    offers: record.offers
  }
}

/** @throws {RecordError} where a record has expired, or claims to live longer than any may */
export function checkLife ({ peerId, expiresAtMs }: Pick<NodeRecord, 'peerId' | 'expiresAtMs'>, nowMs: number): void {
  if (expiresAtMs < nowMs - CLOCK_SKEW_MS) {
    throw new RecordError(`a node record of ${peerId} that expired ${Math.round((nowMs - expiresAtMs) / 1000)} s ago`)
  }
  if (expiresAtMs > nowMs + NODE_RECORD_LIFE_MS + CLOCK_SKEW_MS) {
    throw new RecordError(`a node record of ${peerId} that would live ${Math.round((expiresAtMs - nowMs) / 1000)} s; ${NODE_RECORD_LIFE_MS / 1000} are allowed`)
  }
}

async function openEnvelope (sealed: Uint8Array): Promise<{ owner: string, payload: Uint8Array }> {
  try {
    const envelope = await RecordEnvelope.openAndCertify(sealed, NODE_RECORD_DOMAIN)
    if (!envelope.payloadType.every((byte, index) => byte === NODE_RECORD_CODEC[index]) || envelope.payloadType.length !== NODE_RECORD_CODEC.length) {
      throw new RecordError('an envelope of something else than a node record')
    }
    return { owner: peerIdFromPublicKey(envelope.publicKey).toString(), payload: envelope.payload }
  } catch (error) {
    throw error instanceof RecordError ? error : new RecordError('a node record whose signature does not hold', { cause: error })
  }
}

function decode (payload: Uint8Array): unknown {
  try {
    return Message.decode(payload)
  } catch (error) {
    throw new RecordError('a node record that is no protobuf message', { cause: error })
  }
}

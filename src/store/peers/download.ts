import { setTimeout as delay } from 'node:timers/promises'
import { PIECE_BYTES, type Part } from '../../model/index.ts'
import { BlobPeerError, NoSourceError } from '../errors.ts'
import { piecePlan, type PieceRef } from './piece-plan.ts'
import { sharedBytes, type SharedBytes } from '../hashing-thread.ts'
import type { BlobDraft } from '../blob-draft.ts'
import type { BlobMaker, BlobPeer, FetchBlobsComponents, FetchBlobsRequest } from './types.ts'

/** A blob that is to come, and where it is put together. */
export interface Wanted {
  readonly part: Part
  readonly draft: BlobDraft
}

/** Pieces asked of one peer at once: enough to keep a link of 100 ms and 40 MB/s full. */
const DEPTH = 4
/** How often to look for more peers, and to ask those that are there what they have by then. */
const LOOK_EVERY_MS = 2_000
/** The hub is asked for what no peer has once peers had this long to be found. */
const PEERS_FIRST_MS = 2_000
/** A peer may say so often that it has a blob and then lack it when it is asked for it. */
const MAX_MISSING = 8
const MIN_BUSY_MS = 100
const PATIENCE_MS = 60_000
const HUB = 'hub'

/** Fills the drafts from peers and the hub until all are finished. See `fetchBlobs`. */
export async function download ({ pool, hub, isBusy = () => false }: FetchBlobsComponents, request: FetchBlobsRequest, wanted: readonly Wanted[]): Promise<void> {
  const { onProgress, patienceMs = PATIENCE_MS } = request
  if (wanted.length === 0) return
  const plan = piecePlan(wanted.map(({ draft }) => draft.have))
  const outcome = Promise.withResolvers<undefined>()
  const ending = new AbortController()
  const signal = request.signal == null ? ending.signal : AbortSignal.any([request.signal, ending.signal])
  const working = new Map<BlobPeer, Promise<void>>()
  /** Reads under way of each piece: several where the last pieces are asked of more than one. */
  const reads = new Map<string, Set<AbortController>>()
  const buffers: SharedBytes[] = []
  const started = performance.now()
  const total = wanted.reduce((sum, { part }) => sum + part.size, 0)
  let done = wanted.reduce((sum, { draft }) => sum + bytesHere(draft), 0)
  let movedAt = started
  let making: Promise<void> | undefined
  let unfinished = wanted.length
  let finishing = Promise.resolve()
  /** Lanes with nothing to ask for wait for this. */
  let changed = Promise.withResolvers<undefined>()

  function wake (): void {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }

  const tell = (more = 0): void => { onProgress?.({ done: done + more, total, peers: working.size, hub: making !== undefined }) }

  function moved (bytes: number): void {
    done += bytes
    movedAt = performance.now()
    tell()
  }

  function blobDone (): void {
    if (--unfinished === 0) outcome.resolve(undefined)
  }

  /** Names a blob that is whole. One at a time: each is read from the disk once more. */
  async function finish (blob: number): Promise<void> {
    finishing = finishing.then(async () => { await wanted[blob]?.draft.finish() })
    await finishing
    blobDone()
  }

  /** Takes a piece that is right, unless somebody else was quicker. */
  async function take (ref: PieceRef, draft: BlobDraft, bytes: Uint8Array): Promise<void> {
    if (draft.have[ref.piece] === true) return
    await draft.write(ref.piece, bytes)
    if (!plan.done(ref)) return
    reads.get(keyOf(ref))?.forEach((read) => { read.abort(new Error('another peer was quicker')) })
    moved(bytes.byteLength)
    if (plan.isWhole(ref.blob)) await finish(ref.blob)
  }

  /** Reads one piece. @returns whether the peer had it @throws {BlobPeerError} */
  async function fetchPiece (peer: BlobPeer, ref: PieceRef, { part, draft }: Wanted): Promise<boolean> {
    const buffer = buffers.pop() ?? sharedBytes(PIECE_BYTES)
    const into = buffer.subarray(0, draft.length(ref.piece))
    const read = new AbortController()
    const others = reads.get(keyOf(ref)) ?? new Set()
    reads.set(keyOf(ref), others.add(read))
    try {
      const result = await peer.read({ cid: part.cid, offset: ref.piece * PIECE_BYTES, into, gentle: isBusy(), signal: AbortSignal.any([signal, read.signal]) })
      if (result === 'whole') {
        const { isRight } = await draft.check(ref.piece, into)
        if (!isRight) throw new BlobPeerError(`the peer ${peer.id} sent wrong bytes of ${part.cid}`, peer.id, 'wrong')
        await take(ref, draft, into)
        buffers.push(buffer)
      } else if (result !== 'missing') {
        await delay(Math.max(MIN_BUSY_MS, result.busyMs), undefined, { signal })
      }
      return result !== 'missing'
    } catch (error) {
      // bytes that are still under way are not written into a buffer whose read was given up
      if (read.signal.aborted && !signal.aborted) return true
      throw error
    } finally {
      others.delete(read)
      if (others.size === 0) reads.delete(keyOf(ref))
      plan.release(peer.id, ref)
    }
  }

  /** One piece after another from one peer. @throws {BlobPeerError} */
  async function lane (peer: BlobPeer): Promise<void> {
    for (let missing = 0; !signal.aborted && plan.left > 0 && working.has(peer);) {
      const ref = plan.next(peer.id)
      const one = ref === undefined ? undefined : wanted[ref.blob]
      if (ref === undefined || one === undefined) {
        await changed.promise
      } else if (!await fetchPiece(peer, ref, one)) {
        if (++missing > MAX_MISSING) throw new BlobPeerError(`the peer ${peer.id} says that it has what it lacks`, peer.id, 'wrong')
        await ask(peer)
      }
    }
  }

  /** Asks a peer what it has. @throws {BlobPeerError} */
  async function ask (peer: BlobPeer): Promise<void> {
    const sizes = await peer.holds(wanted.map(({ part }) => part.cid), { signal })
    const offered = new Set(sizes.flatMap((size, blob) => (size === wanted[blob]?.part.size ? [blob] : [])))
    // who has nothing may have something later, and must not keep those away who have it
    if (offered.size === 0 && pool.isCrowded) throw new BlobPeerError(`the peer ${peer.id} has nothing of what is missing`, peer.id, 'gone')
    plan.offer(peer.id, offered)
    wake()
  }

  async function work (peer: BlobPeer): Promise<void> {
    try {
      await ask(peer)
      await Promise.race([
        Promise.all(Array.from({ length: DEPTH }, async () => { await lane(peer) })),
        // lanes that wait would not notice
        peer.ended
      ])
    } catch (error) {
      if (error instanceof BlobPeerError) pool.drop(peer, error)
      // the disk, or a manifest that contradicts itself
      else outcome.reject(error)
    } finally {
      working.delete(peer)
      plan.gone(peer.id)
      wake()
      tell()
    }
  }

  /** Blobs that no peer has, one after another. */
  async function make (maker: BlobMaker): Promise<void> {
    const next = (): number | undefined => plan.orphans().find((blob) => plan.takeBlob(HUB, blob))
    for (let blob = next(); blob !== undefined && !signal.aborted; blob = next()) {
      const one = wanted[blob]
      if (one === undefined) return
      const before = bytesHere(one.draft)
      await maker.make(one.part, {
        signal,
        onBytes (bytes) {
          movedAt = performance.now()
          tell(Math.max(0, bytes - before))
        }
      })
      one.draft.have.forEach((_, piece) => { plan.done({ blob: blob ?? 0, piece }) })
      await one.draft.discard()
      moved(one.part.size - before)
      blobDone()
    }
  }

  async function watch (): Promise<void> {
    for (let wait = 0; !signal.aborted;) {
      await delay(wait, undefined, { signal })
      const found = await pool.look({ signal })
      for (const peer of pool.peers()) {
        if (!working.has(peer)) working.set(peer, work(peer))
        else if (found === 'nobody-new') await ask(peer).catch((error: unknown) => { if (error instanceof BlobPeerError) pool.drop(peer, error) })
      }
      if (hub !== undefined && performance.now() - started > PEERS_FIRST_MS && plan.orphans().length > 0) {
        making ??= make(hub).catch((error: unknown) => { outcome.reject(error) }).finally(() => { making = undefined })
      }
      if (performance.now() - movedAt > patienceMs) throw new NoSourceError(missingWords(total - done, plan.orphans().length))
      wait = found === 'connected' ? 0 : LOOK_EVERY_MS
    }
  }

  tell()
  try {
    await Promise.all(wanted.flatMap((_, blob) => (plan.isWhole(blob) ? [finish(blob)] : [])))
    if (plan.left > 0) watch().catch((error: unknown) => { outcome.reject(error) })
    await outcome.promise
  } finally {
    ending.abort()
    wake()
    await Promise.all([...working.values(), making])
  }
}

const keyOf = ({ blob, piece }: PieceRef): string => `${blob}:${piece}`

export const bytesHere = (draft: BlobDraft): number => draft.have.reduce((bytes, here, piece) => bytes + (here ? draft.length(piece) : 0), 0)

function missingWords (bytes: number, blobs: number): string {
  return `nobody who can be reached offers what is missing: ${(bytes / 1e6).toFixed(1)} MB, and ${blobs} blobs of which nobody has any byte. What has come is kept: start again when a node that has it is there, or import the model here`
}

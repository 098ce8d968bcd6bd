import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { PIECE_BYTES, type Part } from '../../model/index.ts'
import { BlobPeerError, NoSourceError } from '../errors.ts'
import { piecePlan, type PieceRef } from './piece-plan.ts'
import type { BlobDraft } from '../blob-draft.ts'
import type { BlobMaker, BlobPeer, FetchBlobsComponents, FetchBlobsRequest, ReadResult } from './types.ts'

/** A blob that is to come, and where it is put together. */
export interface Wanted {
  readonly part: Part
  readonly draft: BlobDraft
}

/** Pieces asked of one peer at once: enough to keep a link of 200 ms and 40 MB/s full. */
const DEPTH = 8
const LOOK_EVERY_MS = 2_000
const PEERS_FIRST_MS = 2_000
const LATE_MS = 5_000
/** A peer may say so often that it has a blob and then lack it when it is asked for it. */
const MAX_MISSING = 8
const MIN_BUSY_MS = 100
const PATIENCE_MS = 60_000
const HUB = 'hub'

/** Fills the drafts from peers and the hub until all are finished. See `fetchBlobs`. */
export async function download ({ pool, hub, isBusy = () => false }: FetchBlobsComponents, request: FetchBlobsRequest, wanted: readonly Wanted[]): Promise<void> {
  const { onProgress, patienceMs = PATIENCE_MS, peersFirstMs = PEERS_FIRST_MS, lookEveryMs = LOOK_EVERY_MS, lateMs = LATE_MS } = request
  if (wanted.length === 0) return
  const plan = piecePlan(wanted.map(({ draft }) => draft.have), { lateMs })
  const outcome = Promise.withResolvers<undefined>()
  const ending = new AbortController()
  const signal = request.signal == null ? ending.signal : AbortSignal.any([request.signal, ending.signal])
  setMaxListeners(Infinity, signal) // every lane waits for it
  const working = new Map<BlobPeer, Promise<void>>()
  /** Peers that are being asked once more what they have. */
  const asking = new Set<BlobPeer>()
  /** Reads under way of each piece: several where the last pieces are asked of more than one. */
  const reads = new Map<string, Set<AbortController>>()
  const buffers: Array<Uint8Array<ArrayBuffer>> = []
  const started = performance.now()
  const total = wanted.reduce((sum, { part }) => sum + part.size, 0)
  let done = wanted.reduce((sum, { draft }) => sum + bytesHere(draft), 0)
  let movedAt = started
  let making: Promise<void> | undefined
  /** What the hub is at. */
  let fromHub: { readonly blob: number, readonly draft: BlobDraft, readonly ending: AbortController, bytes: number } | undefined
  let unfinished = wanted.length
  /** Lanes with nothing to ask for wait for this. */
  let changed = Promise.withResolvers<undefined>()

  function wake (): void {
    changed.resolve(undefined)
    changed = Promise.withResolvers()
  }

  /** Until something changes, or a piece that others owe is late. */
  async function idle (): Promise<void> {
    const timer = setTimeout(wake, lateMs)
    await changed.promise
    clearTimeout(timer)
  }

  function tell (): void {
    // pieces that peers have brought of what the hub is at count once
    const more = fromHub === undefined ? 0 : Math.max(0, fromHub.bytes - bytesHere(fromHub.draft))
    onProgress?.({ done: done + more, total, peers: working.size, hub: making !== undefined })
  }

  function moved (bytes: number): void {
    done += bytes
    movedAt = performance.now()
    tell()
  }

  function blobDone (): void {
    if (--unfinished === 0) outcome.resolve(undefined)
  }

  /** Names a blob that is whole. */
  async function finish (blob: number): Promise<void> {
    await wanted[blob]?.draft.finish()
    blobDone()
  }

  /** Counts a piece as here: whoever else was asked for it need not send it. False where it was here already. */
  function isNew (ref: PieceRef): boolean {
    if (!plan.done(ref)) return false
    reads.get(keyOf(ref))?.forEach((read) => { read.abort(new Error('somebody else was quicker')) })
    return true
  }

  /**
   * Takes a piece, unless somebody else was quicker. The hub's blobs are whole before their pieces are in the draft.
   * @returns false where it is wrong
   */
  async function take (ref: PieceRef, draft: BlobDraft, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (draft.have[ref.piece] === true || plan.isWhole(ref.blob)) return true
    if (!await draft.take(ref.piece, bytes)) return false
    if (!isNew(ref)) return true
    moved(bytes.byteLength)
    if (!plan.isWhole(ref.blob)) return true
    if (fromHub?.blob === ref.blob) fromHub.ending.abort(new Error('peers were quicker'))
    await finish(ref.blob)
    return true
  }

  /** Reads one piece. @throws {BlobPeerError} */
  async function fetchPiece (peer: BlobPeer, ref: PieceRef, { part, draft }: Wanted): Promise<ReadResult> {
    const buffer = buffers.pop() ?? new Uint8Array(PIECE_BYTES)
    const into = buffer.subarray(0, draft.length(ref.piece))
    const read = new AbortController()
    const others = reads.get(keyOf(ref)) ?? new Set()
    reads.set(keyOf(ref), others.add(read))
    try {
      const result = await peer.read({ cid: part.cid, offset: ref.piece * PIECE_BYTES, into, gentle: isBusy(), signal: AbortSignal.any([signal, read.signal]) })
      if (result === 'whole') {
        others.delete(read) // this one is over: what fails from here on is no answer's fault
        if (!await take(ref, draft, into)) throw new BlobPeerError(`the peer ${peer.id} sent wrong bytes of ${part.cid}`, peer.id, 'wrong')
        buffers.push(buffer)
      }
      return result
    } catch (error) {
      // bytes that are still under way are not written into a buffer whose read was given up
      if (read.signal.aborted && !signal.aborted && !(error instanceof BlobPeerError)) return 'whole'
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
      const ref = plan.next(peer.id, performance.now())
      const one = ref === undefined ? undefined : wanted[ref.blob]
      if (ref === undefined || one === undefined) {
        await idle()
        continue
      }
      const result = await fetchPiece(peer, ref, one)
      if (result === 'missing') {
        if (++missing > MAX_MISSING) throw new BlobPeerError(`the peer ${peer.id} says that it has what it lacks`, peer.id, 'wrong')
        await ask(peer)
      } else if (result !== 'whole') {
        // others may have a place for it meanwhile
        wake()
        await delay(Math.max(MIN_BUSY_MS, result.busyMs), undefined, { signal })
      }
    }
  }

  /** Asks a peer what it has. @throws {BlobPeerError} */
  async function ask (peer: BlobPeer): Promise<void> {
    const sizes = await peer.holds(wanted.map(({ part }) => part.cid), { signal })
    const offered = new Set(sizes.flatMap((size, blob) => (size === wanted[blob]?.part.size ? [blob] : [])))
    // who has nothing may have something later, and must not keep those away who have it
    if (offered.size === 0 && pool.isCrowded) throw new BlobPeerError(`the peer ${peer.id} has nothing of what is missing`, peer.id, 'gone')
    // it may have gone since it answered
    if (!working.has(peer)) return
    plan.offer(peer.id, offered)
    wake()
  }

  /** Nobody waits for this: a peer may take its time. */
  async function askAgain (peer: BlobPeer): Promise<void> {
    if (asking.has(peer)) return
    asking.add(peer)
    try {
      await ask(peer)
    } catch (error) {
      if (error instanceof BlobPeerError) pool.drop(peer, error)
      else outcome.reject(error)
    } finally {
      asking.delete(peer)
    }
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

  /** Blobs that no peer has, one after another. Peers that come meanwhile may be quicker. */
  async function make (maker: BlobMaker): Promise<void> {
    const next = (): number | undefined => plan.orphans().find((blob) => plan.takeBlob(HUB, blob, performance.now()))
    for (let blob = next(); blob !== undefined && !signal.aborted; blob = next()) {
      const one = wanted[blob]
      if (one === undefined) return
      const now = { blob, draft: one.draft, ending: new AbortController(), bytes: 0 }
      fromHub = now
      let isMade = false
      try {
        await maker.make(one.part, {
          signal: AbortSignal.any([signal, now.ending.signal]),
          onBytes (bytes) {
            now.bytes = bytes
            movedAt = performance.now()
            tell()
          }
        })
        isMade = true
      } catch (error) {
        // peers that came meanwhile have it, or have brought it
        if (plan.orphans().includes(blob)) throw error
        plan.gone(HUB)
        wake()
      } finally {
        fromHub = undefined
      }
      if (isMade && !plan.isWhole(blob)) await made(blob, one.draft)
    }
  }

  /** The hub's blob has its name: its draft is not needed. */
  async function made (blob: number, draft: BlobDraft): Promise<void> {
    let bytes = 0
    for (const piece of draft.have.keys()) if (isNew({ blob, piece })) bytes += draft.length(piece)
    moved(bytes)
    await draft.discard()
    blobDone()
  }

  async function watch (): Promise<void> {
    for (let wait = 0; !signal.aborted;) {
      await delay(wait, undefined, { signal })
      const found = await pool.look({ signal })
      for (const peer of pool.peers()) {
        if (!working.has(peer)) working.set(peer, work(peer))
        else if (found === 'nobody-new') void askAgain(peer)
      }
      if (hub !== undefined && performance.now() - started > peersFirstMs && plan.orphans().length > 0) {
        making ??= make(hub).catch((error: unknown) => { outcome.reject(error) }).finally(() => { making = undefined })
      }
      if (performance.now() - movedAt > patienceMs) throw new NoSourceError(missingWords(total - done, plan.orphans().length))
      wait = found === 'connected' ? 0 : lookEveryMs
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

import { randomBytes, webcrypto } from 'node:crypto'
import { mkdir, open as openFile, rm, statfs, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { removeLeftovers } from './atomic-file.ts'
import type { SpillBlock, SpillFile } from './types.ts'

/** What a spill does with its file. */
export type SpillHandle = Pick<FileHandle, 'close' | 'truncate'> & {
  read (into: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
  write (bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>
}

export interface SpillFileInit {
  /** How large the file may become. @default 4 GiB, at most a quarter of what is free on the disk */
  readonly limitBytes?: number
  /** Room is given and taken back by pages. @default 64 KiB */
  readonly pageBytes?: number
  /** @default the file system's */
  readonly open?: (path: string, flags: string, mode: number) => Promise<SpillHandle>
  /** The disk failed, for the first time since it last worked. */
  onError? (error: Error): void
}

const GiB = 1024 ** 3
const MAX_BYTES = 4 * GiB
const FREE_SHARE = 0.25
const PAGE_BYTES = 64 * 1024
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What a system says where a disk has no room, for this file or this user. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Neighbouring pages are written and read at once. */
interface Run {
  readonly page: number
  pages: number
}

/**
 * A file in `folder` for bytes that memory has no room for: AES-256-GCM under a key that only this process has, in its memory. The file
 * has no name, so that nothing is left of it, however the process ends. Windows may keep the name until the file is closed; what a
 * crash leaves there is removed by the next start, and nobody has its key.
 * @throws where the file can't be made
 */
export async function spillFile (folder: string, init: SpillFileInit = {}): Promise<SpillFile> {
  const { pageBytes = PAGE_BYTES, open = openFile, onError } = init
  await mkdir(folder, { recursive: true })
  await removeLeftovers(folder)
  const path = join(folder, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`)
  const key = await webcrypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const file = await open(path, 'wx+', 0o600)
  const isUnnamed = await rm(path).then(() => true, () => false)
  const maxPages = Math.floor((init.limitBytes ?? await room(folder)) / pageBytes)

  /** Pages that were used before, and how many there have ever been. */
  let spare: number[] = []
  let pages = 0
  let nonces = 0n
  let isFailing = false
  let closing: Promise<void> | undefined
  const reading = new Set<Promise<unknown>>()
  /** Writes and cuts, one after another. */
  let last: Promise<unknown> = Promise.resolve()

  const inTurn = async <T> (task: () => Promise<T>): Promise<T> => {
    const done = last.then(task)
    last = done.catch(() => { /* told to whoever waits for it */ })
    return await done
  }

  function failed (error: unknown): void {
    if (!isFailing) onError?.(error instanceof Error ? error : new Error(String(error)))
    isFailing = true
  }

  function take (bytes: number): Run[] | undefined {
    const wanted = Math.ceil(bytes / pageBytes)
    if (wanted > spare.length + maxPages - pages) return undefined
    const taken = spare.splice(Math.max(0, spare.length - wanted))
    while (taken.length < wanted) taken.push(pages++)
    const runs: Run[] = []
    for (const page of taken.sort((a, b) => a - b)) {
      const before = runs.at(-1)
      if (before !== undefined && before.page + before.pages === page) before.pages++
      else runs.push({ page, pages: 1 })
    }
    return runs
  }

  function giveBack (runs: readonly Run[]): void {
    for (const { page, pages: count } of runs) for (let index = 0; index < count; index++) spare.push(page + index)
    if (spare.length === pages && pages > 0) inTurn(cut).catch(failed)
  }

  /** An empty file takes no room on the disk. */
  async function cut (): Promise<void> {
    if (spare.length < pages || closing !== undefined) return
    spare = []
    pages = 0
    await file.truncate(0)
  }

  /** Does something with each piece of `size` bytes and the place where it lies, until it is whole. */
  async function eachPiece (runs: readonly Run[], size: number, task: (offset: number, length: number, position: number) => Promise<number>): Promise<void> {
    let at = 0
    for (const { page, pages: count } of runs) {
      const end = Math.min(size, at + count * pageBytes)
      for (let position = page * pageBytes; at < end;) {
        const done = await task(at, end - at, position)
        if (done === 0) throw new Error('the spill file ends too early')
        at += done
        position += done
      }
    }
  }

  async function write (bytes: Uint8Array): Promise<SpillBlock | 'full' | 'failed'> {
    if (closing !== undefined) return 'failed'
    const runs = take(bytes.byteLength)
    if (runs === undefined) return 'full'
    const iv = nonceOf(nonces++)
    try {
      const sealed = new Uint8Array(await webcrypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes))
      await eachPiece(runs, bytes.byteLength, async (offset, length, position) => (await file.write(sealed, offset, length, position)).bytesWritten)
      isFailing = false
      return block(runs, bytes.byteLength, iv, sealed.slice(bytes.byteLength))
    } catch (error) {
      giveBack(runs)
      failed(error)
      return FULL.has((error as NodeJS.ErrnoException).code ?? '') ? 'full' : 'failed'
    }
  }

  function block (runs: readonly Run[], size: number, iv: Uint8Array, tag: Uint8Array): SpillBlock {
    let readers = 0
    let isFree = false

    async function read (): Promise<Uint8Array | undefined> {
      readers++
      try {
        const sealed = new Uint8Array(size + TAG_BYTES)
        sealed.set(tag, size)
        await eachPiece(runs, size, async (offset, length, position) => (await file.read(sealed, offset, length, position)).bytesRead)
        return new Uint8Array(await webcrypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed))
      } catch (error) {
        failed(error)
        return undefined
      } finally {
        if (--readers === 0 && isFree) giveBack(runs)
      }
    }

    return {
      async read () {
        if (isFree || closing !== undefined) return undefined
        const done = read()
        reading.add(done)
        return await done.finally(() => { reading.delete(done) })
      },

      free () {
        if (isFree) return
        isFree = true
        if (readers === 0) giveBack(runs)
      }
    }
  }

  async function close (): Promise<void> {
    await Promise.all([last, ...reading])
    await file.close()
    if (!isUnnamed) await rm(path, { force: true })
  }

  return {
    get usedBytes () { return (pages - spare.length) * pageBytes },
    write: async (bytes) => await inTurn(async () => await write(bytes)),
    close: async () => { await (closing ??= close()) }
  }
}

async function room (folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.min(MAX_BYTES, bavail * bsize * FREE_SHARE)
}

/** Counted, so that none comes twice under a key. */
function nonceOf (count: bigint): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  new DataView(nonce.buffer).setBigUint64(NONCE_BYTES - 8, count)
  return nonce
}

/** `keys.json` in the data folder: who may use the gateway. It holds digests, never a key. */
import { readFileSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { KeyFileError } from './errors.ts'
import type { ApiKey, KeyRing } from '../gateway/index.ts'

/** They are compared one by one at every request. */
const MAX_KEYS = 1000
export const MAX_NAME = 64
const MAX_RATE = 1e9
const OTHERS = 0o077

const entry = z.object({
  id: z.string().regex(/^key-[0-9a-f]{8}$/),
  name: z.string().min(1).max(MAX_NAME),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  requestsPerMinute: z.int().min(1).max(MAX_RATE).optional(),
  tokensPerMinute: z.int().min(1).max(MAX_RATE).optional(),
  concurrent: z.int().min(1).max(MAX_RATE).optional(),
  models: z.array(z.string().min(1).max(512)).min(1).max(256).optional(),
  priority: z.boolean().optional()
})
const schema = z.object({ version: z.literal(1), keys: z.array(entry).max(MAX_KEYS) })

export type KeyEntry = z.infer<typeof entry>

const keyFileOf = (folder: string): string => join(folder, 'keys.json')

/** What tells whether a file is still the one that was read: it is replaced, never written into. Undefined: there is none. @throws {KeyFileError} */
function stamp (file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true })
  if (found == null) return undefined
  // Windows has no such bits: there the data folder is in the user's own profile
  if (process.platform !== 'win32' && (Number(found.mode) & OTHERS) !== 0) {
    throw new KeyFileError(`others on this machine can read or change the keys in ${file}: run chmod 600 ${file}, and look at who is on it with "shoal keys list"`)
  }
  return [found.ino, found.mtimeNs, found.ctimeNs, found.size].join(' ')
}

/** @throws {KeyFileError} it is damaged */
function parseKeys (file: string): KeyEntry[] {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8'))).keys
  } catch (error) {
    throw new KeyFileError(`${file} holds no keys of a gateway; move it away and make new ones with "shoal keys add"`, { cause: error })
  }
}

/** @throws {KeyFileError} others can read it, or it is damaged */
export const readKeys = (folder: string): KeyEntry[] => (stamp(keyFileOf(folder)) == null ? [] : parseKeys(keyFileOf(folder)))

/** Replaces the keys by what `change` makes of them; one process at a time. @throws {KeyFileError} @throws what `change` throws */
export async function changeKeys (folder: string, change: (keys: readonly KeyEntry[]) => readonly KeyEntry[]): Promise<void> {
  const { withLock, writeFileAtomic } = await import('../store/index.ts')
  await mkdir(folder, { recursive: true })
  await withLock(join(folder, 'keys.lock'), async () => {
    const keys = change(readKeys(folder))
    if (keys.length > MAX_KEYS) throw new KeyFileError(`there are ${MAX_KEYS} keys already; revoke some of them`)
    await writeFileAtomic(keyFileOf(folder), `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, 0o600)
  })
}

/**
 * The keys of a data folder as they are at every moment: whether the file changed is asked each time, which costs some microseconds
 * and no thread, so that a key counts from the moment it was made until it is revoked.
 */
export function keyRing (folder: string): KeyRing {
  const file = keyFileOf(folder)
  let before: string | undefined
  let keys: readonly ApiKey[] = []
  return {
    keys () {
      const found = stamp(file)
      if (found !== before) {
        keys = found == null
          ? []
          : parseKeys(file).map(({ sha256, createdAt: _, ...limits }) => ({ ...limits, digest: Buffer.from(sha256, 'hex'), guessable: false }))
        before = found
      }
      return keys
    }
  }
}

/** What `shoal keys` does with a data folder. A daemon that runs on it sees it at the next request. */
import { randomBytes } from 'node:crypto'
import { keyDigest, newApiKey, type KeyLimits } from '../gateway/index.ts'
import { ConfigError } from './errors.ts'
import { changeKeys, MAX_NAME, readKeys, type KeyEntry } from './key-file.ts'

export interface NewKey extends Omit<KeyLimits, 'models'> {
  /** @default the key's id */
  readonly name?: string | undefined
  readonly models?: string[] | undefined
}

/** Makes a key, which is told this once. @throws {ConfigError} the name is taken @throws {KeyFileError} */
export async function addKey (folder: string, { name: asked, requestsPerMinute, tokensPerMinute, concurrent, models, priority }: NewKey): Promise<{ readonly key: string, readonly entry: KeyEntry }> {
  const id = `key-${randomBytes(4).toString('hex')}`
  const name = asked ?? id
  if (name === '' || name.length > MAX_NAME || /\p{C}/u.test(name)) throw new ConfigError(`a key's name has 1 to ${MAX_NAME} characters that can be seen`)
  const key = newApiKey()
  const entry: KeyEntry = {
    id,
    name,
    sha256: Buffer.from(keyDigest(key)).toString('hex'),
    createdAt: new Date().toISOString(),
    ...(requestsPerMinute == null ? {} : { requestsPerMinute }),
    ...(tokensPerMinute == null ? {} : { tokensPerMinute }),
    ...(concurrent == null ? {} : { concurrent }),
    ...(models == null ? {} : { models }),
    ...(priority === true ? { priority } : {})
  }
  await changeKeys(folder, (keys) => {
    if (keys.some((each) => each.name === name || each.id === name)) throw new ConfigError(`there is a key "${name}" already; give another --name, or revoke it: shoal keys revoke ${name}`)
    return [...keys, entry]
  })
  return { key, entry }
}

/** @throws {KeyFileError} */
export const listKeys = (folder: string): readonly KeyEntry[] => readKeys(folder)

/** Takes a key back by its id or name. @throws {ConfigError} there is none @throws {KeyFileError} */
export async function revokeKey (folder: string, which: string): Promise<KeyEntry> {
  let revoked: KeyEntry | undefined
  await changeKeys(folder, (keys) => {
    revoked = keys.find(({ id }) => id === which) ?? keys.find(({ name }) => name === which)
    return keys.filter((key) => key !== revoked)
  })
  if (revoked == null) throw new ConfigError(`there is no key "${which}"; shoal keys list shows them`)
  return revoked
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What its owner may ask for; undefined: no limit. */
export interface KeyLimits {
  readonly requestsPerMinute?: number | undefined
  /** Of prompts and answers together. */
  readonly tokensPerMinute?: number | undefined
  /** Requests at once. */
  readonly concurrent?: number | undefined
  /** Names or ids of the models that it may use. */
  readonly models?: readonly string[] | undefined
  /** Goes before others where places are short. */
  readonly priority?: boolean | undefined
}

/** A key as the gateway knows it: never the key itself. */
export interface ApiKey extends KeyLimits {
  readonly id: string
  readonly name: string
  /** `keyDigest` of the key. */
  readonly digest: Uint8Array
  /** Somebody thought it up, so that somebody else may guess it. */
  readonly guessable: boolean
}

/** Where keys come from. */
export interface KeyRing {
  /** Those that count at this moment; asked at every request, so it has to be cheap. @throws whatever keeps them from being read */
  keys (): readonly ApiKey[]
}

const PREFIX = 'sk-shoal-'
const KEY_BYTES = 32
/** A key of a person's own with fewer characters counts as one that can be guessed. */
const UNGUESSABLE_LENGTH = 32

/** 256 random bits: `sk-shoal-` and 43 characters. */
export const newApiKey = (): string => PREFIX + randomBytes(KEY_BYTES).toString('base64url')

/**
 * What is kept of a key. One round of SHA-256 is enough for 256 random bits: there is no list of likely keys to try against a stolen
 * file, and what makes trying slow for passwords would only make every request slow here.
 */
export const keyDigest = (key: string): Uint8Array => createHash('sha256').update(key).digest()

/** A key that is given by the environment, without limits. */
export const ownKey = (key: string): ApiKey => ({ id: 'environment', name: 'SHOAL_API_KEY', digest: keyDigest(key), guessable: key.length < UNGUESSABLE_LENGTH })

/** The key that was given, if it is one. Digests are compared, and all of them, so that no time tells how near a guess was. */
export function findKey (keys: readonly ApiKey[], given: string): ApiKey | undefined {
  const digest = keyDigest(given)
  let found: ApiKey | undefined
  for (const key of keys) {
    if (timingSafeEqual(key.digest, digest)) found = key
  }
  return found
}

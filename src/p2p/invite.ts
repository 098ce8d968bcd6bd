import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import * as z from 'zod'
import { checkedAddress } from './addresses.ts'
import { BadAddressError } from './errors.ts'
import { checkedPsk } from './psk.ts'

/** One string for another machine's `--join`. */
export interface Invite {
  /** With `/p2p/` and the peer id. */
  readonly addresses: readonly string[]
  /** The private swarm's key file. */
  readonly psk?: Uint8Array
}

const PREFIX = 'shoal1'
const MAX_LENGTH = 4096
const MAX_ADDRESSES = 16
const schema = z.strictObject({ a: z.array(z.string().max(512)).min(1).max(MAX_ADDRESSES), k: z.string().max(256).optional() })

export const isInvite = (text: string): boolean => text.startsWith(PREFIX)

export function encodeInvite ({ addresses, psk }: Invite): string {
  const value = { a: addresses.slice(0, MAX_ADDRESSES), ...(psk == null ? {} : { k: toString(psk, 'utf8') }) }
  return PREFIX + toString(fromString(JSON.stringify(value), 'utf8'), 'base64url')
}

/** @throws {BadAddressError} */
export function decodeInvite (text: string): Invite {
  if (text.length > MAX_LENGTH || !isInvite(text)) {
    throw new BadAddressError('this is no invite of Shoal: one begins with "shoal1"')
  }
  try {
    const { a, k } = schema.parse(JSON.parse(toString(fromString(text.slice(PREFIX.length), 'base64url'), 'utf8')))
    a.forEach(checkedAddress)
    return { addresses: a, ...(k == null ? {} : { psk: checkedPsk(fromString(k, 'utf8'), 'the invite\'s key') }) }
  } catch (error) {
    throw new BadAddressError('the invite is damaged: copy it again, whole', { cause: error })
  }
}

/** What there is to dial in an address or an invite. @throws {BadAddressError} */
export const targetsOf = (address: string): readonly string[] => isInvite(address) ? decodeInvite(address).addresses : [checkedAddress(address)]

/** The private swarm's key that some of these addresses and invites bring along. @throws {BadAddressError} where they bring different ones */
export function pskOf (targets: readonly string[]): Uint8Array | undefined {
  const keys = targets.filter(isInvite).flatMap((invite) => decodeInvite(invite).psk ?? [])
  if (new Set(keys.map((key) => toString(key, 'base64'))).size > 1) throw new BadAddressError('the invites carry keys of different private swarms; join one')
  return keys[0]
}

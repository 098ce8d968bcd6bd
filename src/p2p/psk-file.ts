import { readFile } from 'node:fs/promises'
import { generateKey } from '@libp2p/pnet'
import { BadAddressError } from './errors.ts'
import { checkedPsk } from './psk.ts'

const FILE_BYTES = 95

/** A pre-shared key that closes a swarm to everybody without it. @throws {BadAddressError} */
export async function loadPsk (path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new BadAddressError(`can't read the swarm key ${path}`, { cause: error })
  })
  return checkedPsk(bytes, path)
}

export function newPsk (): Uint8Array {
  const bytes = new Uint8Array(FILE_BYTES)
  generateKey(bytes)
  return bytes
}

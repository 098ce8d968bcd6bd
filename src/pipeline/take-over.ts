/** Keys with which an answer is gone on with at its stages when its coordinator is lost. */
import { createHash } from 'node:crypto'

/**
 * A key for one stage alone: what one of them is shown opens no other one's door. Of a secret that only a coordinator and its client have.
 * @returns 32 bytes
 */
export function stageKeyOf (secret: Uint8Array, { peerId, start }: { readonly peerId: string, readonly start: number }): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).update(`${peerId}/${start}`).digest())
}

/** What a stage knows of its key from the beginning. @returns 32 bytes */
export const keyHashOf = (key: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(createHash('sha256').update(key).digest())

import { createHash } from 'node:crypto'

/** What stages know of the key with which a session may be taken over. @returns 32 bytes */
export const keyHashOf = (key: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(createHash('sha256').update(key).digest())

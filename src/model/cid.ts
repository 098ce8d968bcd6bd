import { createHash } from 'node:crypto'
import * as dagJson from '@ipld/dag-json'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'

export const PIECE_BYTES = 1024 * 1024
export const HASH_BYTES = 32
const SHA2_256 = 0x12
/** Of Multicodec's private range: the digest is that of a blob's list of pieces. */
const PIECES = 0x300070

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const text = (codec: number, digest: Uint8Array): string => CID.createV1(codec, create(SHA2_256, digest)).toString()

/** Pieces of a blob of so many bytes. */
export const pieceCount = (size: number): number => Math.ceil(size / PIECE_BYTES)

/** CIDv1 (raw, sha2-256) of a small block: a list of pieces. */
export const cidOf = (bytes: Uint8Array): string => text(raw.code, sha256(bytes))

/** CIDv1 (dag-json, sha2-256) of an encoded manifest. */
export const modelIdOf = (bytes: Uint8Array): string => text(dagJson.code, sha256(bytes))

/**
 * CID of a blob: it says what its list of pieces hashes to, so that a piece that is right belongs to no other blob of this name.
 * @param pieceList sha-256 of each piece, one after another
 */
export const blobCidOf = (pieceList: Uint8Array): string => text(PIECES, sha256(pieceList))

/** CID of the list of pieces of a blob. @throws where `cid` is none of a blob */
export function pieceListCidOf (cid: string): string {
  const { code, multihash } = CID.parse(cid)
  if (code !== PIECES) throw new RangeError(`${cid} is the CID of no blob`)
  return text(raw.code, multihash.digest)
}

/** The list of pieces of bytes that are all here. */
export const pieceListOf = (bytes: Uint8Array): Uint8Array => Buffer.concat(Array.from({ length: pieceCount(bytes.byteLength) }, (_, piece) =>
  sha256(bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES))))

/** Whether `cid` is the name of these bytes, as a blob, a manifest or a list of pieces. */
export const isNameOf = (cid: string, bytes: Uint8Array): boolean => {
  const { code } = CID.parse(cid)
  return cid === (code === PIECES ? blobCidOf(pieceListOf(bytes)) : code === dagJson.code ? modelIdOf(bytes) : cidOf(bytes))
}

const isCid = (text: string, codec: number): boolean => {
  try {
    const parsed = CID.parse(text)
    return parsed.version === 1 && parsed.code === codec && parsed.multihash.code === SHA2_256 && parsed.multihash.digest.byteLength === HASH_BYTES && parsed.toString() === text
  } catch {
    return false
  }
}

export const isModelId = (text: string): boolean => isCid(text, dagJson.code)
export const isBlobCid = (text: string): boolean => isCid(text, PIECES)

import type { CorruptBlobError } from './errors.ts'
import type { Manifest } from '../model/index.ts'

/** Receives one blob's bytes in order of offset (gaps are zero-filled), hashes them as they pass, and names the file by its CID at the end. */
export interface BlobWriter {
  readonly size: number
  /** `offset` ≥ everything written so far. */
  write (offset: number, bytes: Uint8Array): Promise<void>
  /** Synced, renamed, read-only. @throws {CorruptBlobError} the bytes make another CID than was `expected`: then nothing is left of them */
  finish (size: number, expected?: string): Promise<{ cid: string, size: number, pieces: string }>
  /** Removes what was written. */
  abort (): Promise<void>
}

/** Blobs by CID in one folder. */
export interface BlobStore {
  readonly folder: string
  has (cid: string): Promise<boolean>
  path (cid: string): string
  /** Where a blob is put together piece by piece. */
  partialPath (cid: string): string
  /** A small blob (manifest, tokenizer, piece list), checked against its CID. */
  read (cid: string, maxBytes: number): Promise<Uint8Array>
  put (bytes: Uint8Array): Promise<string>
  writer (): Promise<BlobWriter>
  /** As a writer, but of the bytes only their hashes are kept: the list of pieces. */
  hasher (): BlobWriter
  remove (cid: string): Promise<void>
}

export interface StoredModel {
  readonly name: string
  readonly modelId: string
  readonly manifest: Manifest
  /** Bytes of this model's blobs that are on this machine, those of unfinished downloads included. */
  readonly bytes: number
  readonly complete: boolean
  /** Layers whose blobs are here. */
  readonly layersHere: number
}

/** A name whose manifest is damaged or gone. */
export interface DamagedModel {
  readonly name: string
  readonly modelId: string
  readonly error: CorruptBlobError
}

/** Models on this machine: names on top of the blob store. */
export interface ModelStore {
  readonly blobs: BlobStore
  /** Names, and the ids that they stand for. */
  names (): Promise<Readonly<Record<string, string>>>
  /** @param onDamaged is told of models whose manifest is damaged or gone, which are left out @throws {CorruptBlobError} without it */
  list (onDamaged?: (model: DamagedModel) => void): Promise<StoredModel[]>
  /** By name or model id. @throws {UnknownModelError} naming what there is */
  get (nameOrId: string): Promise<StoredModel>
  /** Gives a model a name, also one that another has; a model that so loses its last name is kept under its id. */
  add (name: string, modelId: string): Promise<void>
  /** Removes the name (by id: all its names), every blob that no other model uses and what downloads have of them; says how many bytes that freed. */
  remove (nameOrId: string): Promise<number>
}

/** Bytes outside of memory, unreadable to others, as long as the process lives. Nothing but `close` rejects. */
export interface SpillFile {
  /** Of the file, taken by what is kept. */
  readonly usedBytes: number
  /** The bytes stay as they are until it resolves. `full`: there is no room now; `failed`: the disk fails, or the file is closed. */
  write (bytes: Uint8Array): Promise<SpillBlock | 'full' | 'failed'>
  /** Ends when what is under way has ended. What was kept is gone. */
  close (): Promise<void>
}

export interface SpillBlock {
  /** Undefined where the bytes can't be read any more: the disk fails, or has other bytes than were written. */
  read (): Promise<Uint8Array | undefined>
  /** Gives the room back, once reads under way are over. */
  free (): void
}

/**
 * Where replay buffers put what memory has no room for. Whoever implements it keeps payloads unreadable to others. Nothing here
 * rejects: what can't be kept or given back is lost, and a session is rebuilt from its token ids.
 */
export interface Spill {
  /** The bytes stay as they are until it resolves. `full`: there is no room now; `failed`: there may be room, and it can't be used. */
  write (bytes: Uint8Array): Promise<SpilledBlock | 'full' | 'failed'>
}

export interface SpilledBlock {
  /** Undefined where the bytes can't be read any more. */
  read (): Promise<Uint8Array | undefined>
  /** Gives the room back, once reads under way are over. */
  free (): void
}

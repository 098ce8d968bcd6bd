/** No model of that name or id is where it was looked for. The request is wrong. */
export class UnknownModelError extends Error {
  override name = 'UnknownModelError'

  constructor (model: string, known: readonly string[], where = 'on this machine') {
    super(`no model ${JSON.stringify(model)} ${where}; ${known.length === 0 ? 'there is none yet' : `there is ${known.join(', ')}`}. Import one with: shoal import SOURCE`)
  }
}

/** The disk is full or can't be written. Nothing half-written stays. */
export class StoreWriteError extends Error {
  override name = 'StoreWriteError'
}

/** A file of the store is not what its name says. */
export class CorruptBlobError extends Error {
  override name = 'CorruptBlobError'
}

/** Another process works on the data folder. */
export class DataFolderInUseError extends Error {
  override name = 'DataFolderInUseError'
  readonly pid: number

  constructor (folder: string, pid: number) {
    super(`the data folder ${folder} is in use by process ${pid}; stop it with "shoal stop" or choose another folder with --data`)
    this.pid = pid
  }
}

/** The source of an import is not there or not what can be imported. The request is wrong. */
export class ImportSourceError extends Error {
  override name = 'ImportSourceError'
}

/** A peer sent what it must not, or sends nothing any more. It is at fault. */
export class BlobPeerError extends Error {
  override name = 'BlobPeerError'
  readonly peerId: string
  /** `gone`: it may be back. `wrong`: it broke the protocol or sent other bytes than it should. */
  readonly kind: 'gone' | 'wrong'

  constructor (message: string, peerId: string, kind: 'gone' | 'wrong', options?: ErrorOptions) {
    super(message, options)
    this.peerId = peerId
    this.kind = kind
  }
}

/** Nobody who can be reached has what is missing. No capacity now. */
export class NoSourceError extends Error {
  override name = 'NoSourceError'
}

/** The hub can't be reached, breaks off, or sends something else than it was asked for. Trying again later may help. */
export class HubError extends Error {
  override name = 'HubError'
}

/** No model of that name or id is on this machine. The request is wrong. */
export class UnknownModelError extends Error {
  override name = 'UnknownModelError'

  constructor (model: string, known: readonly string[]) {
    super(`no model ${JSON.stringify(model)} on this machine; ${known.length === 0 ? 'none has been imported yet' : `there is ${known.join(', ')}`}. Import one with: shoal import SOURCE`)
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

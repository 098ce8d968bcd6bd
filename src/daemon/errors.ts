/** The request is wrong: what was given does not fit. The message says what to give instead. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** No daemon runs on this data folder. */
export class NoDaemonError extends Error {
  override name = 'NoDaemonError'

  constructor (folder: string) {
    super(`no node runs on the data folder ${folder}; start one with "shoal serve", or name another machine's with --join`)
  }
}

/** The daemon of this machine runs, and can't be spoken to. */
export class UncontrolledError extends Error {
  override name = 'UncontrolledError'

  constructor (path: string | null, options?: ErrorOptions) {
    super(`the node on this machine does not listen${path == null ? '' : ` at ${path}`}; restart it with "shoal stop" and "shoal serve"`, options)
  }
}

/** The file of the gateway's keys is damaged, or others can read it. The request is wrong until somebody looks at it. */
export class KeyFileError extends Error {
  override name = 'KeyFileError'
}

/** The daemon of this machine can't do what it was asked to. */
export class ControlError extends Error {
  override name = 'ControlError'
}

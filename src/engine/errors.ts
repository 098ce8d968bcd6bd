/** The engine or the machine under it failed: a library, a device, a graph. No peer and no request is to blame. */
export class EngineError extends Error {
  override name = 'EngineError'
}

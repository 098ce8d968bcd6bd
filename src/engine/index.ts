/**
 * Runs spans of a model on this machine's devices through ONNX Runtime: graphs, weights, KV, one run at a time a device.
 * Knows nothing of sessions, peers and tokens' meaning.
 */
export { detectDevices, physicalCores, type DetectedDevice } from './devices/index.ts'
export { createEngine } from './engine.ts'
export { ContextLengthError, EngineError, EngineRequestError, NoCapacityError } from './errors.ts'
export { kvValueBytes } from './kv-memory.ts'
export { ortLibrary } from './ort/index.ts'
export type * from './types.ts'

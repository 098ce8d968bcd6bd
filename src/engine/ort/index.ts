/**
 * ONNX Runtime's C API through koffi: sessions from bytes, tensors over JavaScript's or the device's memory, runs off
 * the event loop. Every native object has a `close`; every status is checked. Knows nothing of models.
 */
export { ortLibrary, type OrtLibrary } from './library.ts'
export type { Binding } from './binding.ts'
export type { Provider } from './provider.ts'
export type { OrtSession, RunQueue, SessionInit } from './session.ts'
export type { Tensor } from './tensor.ts'

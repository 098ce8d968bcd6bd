/**
 * What graphs can run on: finding devices, saying why one can't be used, and one queue of runs for each. ONNX Runtime
 * is reached through `ort/` only.
 */
export { detectDevices, openDevice, type DetectedDevice, type Device } from './devices.ts'
export { physicalCores } from './cpu.ts'
export { runQueue } from './run-queue.ts'

import { f16ToF32 } from './float.ts'

/**
 * Unpacks one block at `at`: `elements` values of q (unsigned, already shifted to the container's zero point) into `q`, one scale
 * and one minimum for each run of the container's block length from index `s`.
 */
export type UnpackBlock = (bytes: Uint8Array, at: number, q: Uint8Array, scales: Float32Array, minimums: Float32Array, s: number) => void

/** The float16 at `at`, little-endian, wherever it lies. */
export const half = (bytes: Uint8Array, at: number): number => f16ToF32((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8)

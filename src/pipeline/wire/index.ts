import { f16Wire } from './f16.ts'
import { f32Wire } from './f32.ts'
import type { Wire } from '../types.ts'
import type { WireCodec } from './types.ts'

export { NonFiniteError, type WireCodec } from './types.ts'

export const wires: Readonly<Record<Wire, WireCodec>> = { f16: f16Wire, f32: f32Wire }

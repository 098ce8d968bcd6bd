import type { GraphBuilder } from './builder.ts'
import type { RowLayout } from './row-layout.ts'
import type { KvType, ModelConfig } from '../types.ts'

/** The last axis of `[…, rows, features]`. Never −1: protons writes negative numbers wrongly. */
export const FEATURES = 2

/** What every layer of a graph shares. */
export interface LayerContext {
  readonly graph: GraphBuilder
  readonly config: ModelConfig
  readonly rows: RowLayout
  /** Cosines and sines, of the KV's type; undefined: queries and keys are not rotated. */
  readonly rope: { readonly cos: string, readonly sin: string } | undefined
  readonly seqlens: string
  readonly totalLength: string
  /** Names of the layer's KV inputs and outputs, and their type. */
  readonly kv: { readonly type: KvType, readonly pastKey: string, readonly pastValue: string, readonly presentKey: string, readonly presentValue: string }
  readonly slidingWindow: number
}

/** RMS norm over the last axis. */
export const norm = (graph: GraphBuilder, x: string, gamma: string, epsilon: number, output?: string): string =>
  graph.node('SimplifiedLayerNormalization', [x, gamma], { epsilon: { float: epsilon } }, output)

/** value · factor, where there is one. */
export const times = (graph: GraphBuilder, value: string, name: string, factor: number | undefined): string => factor === undefined
  ? value
  : graph.node('Mul', [value, graph.constant(`scale.${name}`, 'f32', [1], () => new Uint8Array(Float32Array.of(factor).buffer))])

/** ONNX's numbers of the types. */
const [FLOAT, FLOAT16] = [1, 10]

/** A float32 value in the KV's type. */
export const toKv = (graph: GraphBuilder, value: string, type: KvType): string => type === 'f32' ? value : graph.node('Cast', [value], { to: FLOAT16 })

/** A value of the KV's type as float32. */
export const fromKv = (graph: GraphBuilder, value: string, type: KvType): string => type === 'f32' ? value : graph.node('Cast', [value], { to: FLOAT })

import type { Architecture, LayerRole, TensorNames } from '../architectures/architecture.ts'
import type { SourceTensor, TensorSource } from '../formats/tensor-source.ts'
import type { ModelConfig, Quantization, TensorEntry } from '../types.ts'

/** A tensor of the source that becomes rows of a stored one. */
export interface SourceRows {
  readonly tensor: SourceTensor
  readonly rows: number
  readonly columns: number
  /** Of the tensor's rows. @default 0 */
  readonly first?: number
  /** Within each head of so many rows, the row of the source that row i is. */
  readonly heads?: HeadOrder
  /** The rows are columns of the tensor instead: row i is column `offset + step · i` of its rows `[first, first + columns)`. */
  readonly transposed?: { readonly offset: number, readonly step: number }
  /** Added to every value. */
  readonly plus?: number
}

export interface HeadOrder {
  readonly rows: number
  from (row: number): number
}

/** How one stored tensor is made: rows of the sources one after another, and zeros for a bias that one of fused matrices lacks. */
export interface TensorPlan {
  readonly entry: TensorEntry
  readonly sources: ReadonlyArray<SourceRows | { readonly zeros: number }>
}

export interface PartPlan {
  readonly label: string
  readonly size: number
  readonly tensors: readonly TensorPlan[]
}

export interface PlanRequest {
  readonly config: ModelConfig
  readonly architecture: Architecture
  readonly names: TensorNames
  /** The source is a GGUF file of an architecture whose heads its converter reorders. */
  readonly permutedHeads: boolean
  readonly source: TensorSource
  readonly quantization: Quantization
  /** Biases that the source says it has. */
  readonly biases: readonly LayerRole[]
  /** Whether other biases count where the source has them: its configuration does not speak of them. */
  readonly otherBiases: boolean
}

export type Matrix = {
  readonly name: string
  readonly sources: readonly SourceRows[]
  /** Stored as float32 whatever the quantisation. */
  readonly exact?: boolean
}

export interface Vector {
  readonly name: string
  readonly sources: TensorPlan['sources']
}

/** Matrices over the same input: one where all are stored alike, as one product is quicker than three; else each by itself. */
export interface Fusible {
  readonly name: string
  readonly parts: readonly Matrix[]
}

export type PartPlanner = (label: string, vectors: readonly Vector[], matrices: ReadonlyArray<Matrix | Fusible>, wholeVocabulary: boolean) => PartPlan

export type Find = (name: string, shape: readonly number[]) => SourceTensor

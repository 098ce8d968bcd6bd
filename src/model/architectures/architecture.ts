/** What one tensor of a model is for, whatever its file calls it. */
export type LayerRole =
  | 'attnNorm' | 'attnPostNorm' | 'q' | 'k' | 'v' | 'qkv' | 'o' | 'qBias' | 'kBias' | 'vBias' | 'oBias' | 'qNorm' | 'kNorm'
  | 'mlpNorm' | 'mlpPostNorm' | 'gate' | 'up' | 'gateUp' | 'down' | 'gateBias' | 'upBias' | 'downBias'
  | 'router' | 'expertGate' | 'expertUp' | 'expertDown' | 'routerBias' | 'sinks' | 'expertGateBias' | 'expertUpBias' | 'expertDownBias' | 'sharedRouter' | 'sharedGate' | 'sharedUp' | 'sharedDown'
export type ModelRole = 'embedding' | 'norm' | 'head'

/** How one file format names tensors. `{layer}` stands for the layer's number, `{expert}` for an expert's. */
export interface TensorNames {
  /**
   * How the experts of a layer lie: each by itself, all one behind another in one tensor `[experts, out, in]`, or in one `[experts, in, out]`,
   * where gate and up are one too, with columns in turns.
   */
  readonly experts: 'single' | 'stacked' | 'transposed'
  readonly layer: Readonly<Record<LayerRole, string>>
  readonly model: Readonly<Record<ModelRole, string>>
  /** Tensors that files may have beside these and that no product needs: any other one means that the model is not what it says. */
  readonly beside: RegExp
}

/**
 * One architecture: all that differs from Llama. The next one is an entry here; one whose graph differs adds a file to
 * `graph/` and names it in its entry.
 */
export interface Architecture {
  readonly name: string
  /** `architectures[0]` of config.json. */
  readonly classes: readonly string[]
  /** `general.architecture` of GGUF files; where several have the same, they differ in whether they have experts. */
  readonly gguf: readonly string[]
  /** RMS norms of q and k before the rotation: none, of each head by itself, or of all heads together. */
  readonly headNorms: 'none' | 'each' | 'all'
  /** RMS norms of the residual stream before the sublayers, of what they add, or both. */
  readonly norms: 'before' | 'behind' | 'both'
  /** A norm multiplies by 1 + its weight in safetensors files; the stored weight is the sum, as in GGUF files. */
  readonly normsFromZero: boolean
  /** The files have q, k and v as one matrix, and gate and up as another. */
  readonly fusedMatrices: boolean
  /**
   * Experts in place of the MLP: none, or some, or with one beside them that every row passes. `plain`: their probabilities add up
   * to 1 unless config.json says otherwise. `clamped`: with biases, values that are cut off, and a softmax over the chosen ones' scores.
   */
  readonly experts: 'none' | 'plain' | 'routed' | 'shared' | 'clamped'
  /** A score for each head beside those of the keys. */
  readonly sinks: boolean
  /** Without `layer_types` in config.json: every so many layers one sees all positions, the others have the window. 1: all have it. */
  readonly fullEvery: number
  /** What config.json means where it is silent, in the words of transformers. */
  readonly configDefaults: Readonly<Record<string, unknown>>
  /** The embedding is multiplied by √hiddenSize. */
  readonly scaledEmbedding: boolean
  /** Biases that every model of it has. */
  readonly biases: readonly LayerRole[]
  /** Whether config.json's `sliding_window` holds without `use_sliding_window`. */
  readonly windowByDefault: boolean
  /** llama.cpp's converter reorders the rows of q and k for its own rotation. */
  readonly ggufPermutesHeads: boolean
  /** What GGUF files leave unsaid and their readers know, in the words of config.json; before `configDefaults`. */
  readonly ggufDefaults: Readonly<Record<string, unknown>>
  /** So many layers mark the one size of model whose queries are scaled by hiddenSize / headCount in place of headDim; GGUF files don't say. */
  readonly ggufWideScaleAt: number
  /** Keys of GGUF metadata that would make another model of it, which is not read. */
  readonly ggufRefuses: readonly string[]
  /** The bounds of a yarn rotation are whole dimensions, as in llama.cpp always; GGUF files don't say, and for gpt-oss they are not. */
  readonly ggufYarnTruncates: boolean
  /** SentencePiece vocabularies of it swallow white space behind special tokens other than the first and the end of a document; GGUF files don't say. */
  readonly ggufTrimsBehindSpecials: boolean
  readonly safetensorsNames: TensorNames
  readonly ggufNames: TensorNames
}

/**
 * The words every other room uses for a model: where its bytes come from, what shape it has, how its parts lie in
 * blobs. Types only; nothing here does I/O.
 */

/** Random access to bytes that somebody else keeps: a file, a range of a URL, a buffer in a test. */
export interface ByteSource {
  /** Total size in bytes. */
  readonly size: number
  /** Exactly `length` bytes from `offset`; rejects when the range is not inside the source. */
  read (offset: number, length: number): Promise<Uint8Array>
}

/** Layers `[start, end)`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What `shoal import --quant` takes. `keep` stores every source type in a lossless container. */
export type Quantization = 'keep' | 'int4' | 'int8' | 'f16' | 'f32'

/** `fast`: MatMulNBits with int8 activations inside; `exact`: unpacked float32 weights and activations. */
export type Compute = 'fast' | 'exact'

/** What keys and values are kept in. */
export type KvType = 'f32' | 'f16'

/** Rotary embedding, normalised over both config spellings and GGUF. */
export interface RopeConfig {
  readonly theta: number
  /** How many of a head's dimensions are rotated: the first ones. */
  readonly dimensions: number
  readonly scaling:
    | { readonly type: 'none' }
    | { readonly type: 'linear', readonly factor: number }
    | { readonly type: 'llama3', readonly factor: number, readonly lowFrequencyFactor: number, readonly highFrequencyFactor: number, readonly originalContextLength: number }
    /** GGUF's `rope_freqs.weight`: each of `dimensions / 2` frequencies is divided by its entry. */
    | { readonly type: 'factors', readonly factors: readonly number[] }
    /** Slow waves are stretched by `factor`, quick ones kept; `attentionFactor` scales cosines and sines. `truncate`: the bounds between are whole dimensions. */
    | { readonly type: 'yarn', readonly factor: number, readonly originalContextLength: number, readonly betaFast: number, readonly betaSlow: number, readonly attentionFactor: number, readonly truncate: boolean }
    /** Two variants, chosen by a session's prompt: 0 divides frequencies by `shortFactors`, 1 (a prompt longer than `originalContextLength`) by `longFactors`. */
    | { readonly type: 'longrope', readonly shortFactors: readonly number[], readonly longFactors: readonly number[], readonly originalContextLength: number, readonly attentionFactor: number }
}

/** A mixture of experts in place of a layer's MLP: a router gives each row `perToken` of `count` MLPs. */
export interface ExpertsConfig {
  readonly count: number
  readonly perToken: number
  readonly intermediateSize: number
  /** The chosen experts' probabilities are divided by their sum. */
  readonly normalised: boolean
  /** Of an MLP that every row passes beside its experts, behind a sigmoid gate of its own. */
  readonly sharedIntermediateSize?: number
  /** The probabilities are a softmax over the chosen experts' scores, not over all. */
  readonly softmaxOfChosen?: true
  /** gate and up are cut at ±limit (gate above only), and down gets gate · sigmoid(alpha · gate) · (up + 1). */
  readonly clamped?: { readonly limit: number, readonly alpha: number }
  /** Layers that have a plain MLP. */
  readonly denseLayers?: readonly number[]
}

/**
 * The architecture as the manifest stores it: every number that the graph needs and nothing about the source's spelling. What is
 * optional is left out where it would change nothing, so that a model's id does not depend on what other architectures have.
 */
export interface ModelConfig {
  /** Key of the architecture table. */
  readonly architecture: string
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layerCount: number
  readonly headCount: number
  readonly kvHeadCount: number
  readonly headDim: number
  readonly vocabSize: number
  readonly contextLength: number
  readonly normEpsilon: number
  readonly rope: RopeConfig
  /** One entry a layer: the number of latest positions a query sees (its own included), or 0 for all. */
  readonly slidingWindow: readonly number[]
  readonly tiedEmbedding: boolean
  /** Ids that end a text. */
  readonly eosTokenIds: readonly number[]
  readonly experts?: ExpertsConfig
  /** Of the MLP's gate. @default silu */
  readonly activation?: 'geluTanh'
  /** Rotation in layers with a sliding window, where it differs from the others'. */
  readonly localRope?: RopeConfig
  /** Layers whose queries and keys are not rotated. */
  readonly unrotatedLayers?: readonly number[]
  /** Each factor below is 1 by default. The embedding times this enters layer 0. */
  readonly embeddingScale?: number
  /** What each sublayer adds to the residual stream is multiplied by this. */
  readonly residualScale?: number
  readonly logitScale?: number
  /** Of the products of queries and keys. @default 1 / √headDim */
  readonly attentionScale?: number
  /** A softcap c makes c · tanh(x / c) of x. Of the scaled products of queries and keys, before the softmax. */
  readonly attentionSoftcap?: number
  /** Of the logits, after `logitScale`. */
  readonly logitSoftcap?: number
}

/** Where a tensor's bytes lie inside its blob. Offsets are multiples of 4,096. */
export interface BlobRange {
  readonly offset: number
  readonly length: number
}

/** A tensor as its source has it, row-major `shape`. */
export interface DenseTensor {
  readonly kind: 'dense'
  readonly name: string
  readonly dtype: 'f32' | 'f16'
  readonly shape: readonly number[]
  readonly data: BlobRange
}

/**
 * A matrix `[N, K]` in MatMulNBits' layout: value = scale · (q − 2^(bits − 1)) + minimum.
 * `data`: uint8 `[N, K / block, block · bits / 8]`, low nibble first. `scales`: float32 `[N, K / block]`.
 * `minimums`, for types that have one, with the shift of q folded in: float32 `[K / block, N]` (transposed, as the
 * correction product reads it).
 */
export interface BlockTensor {
  readonly kind: 'blocks'
  readonly name: string
  readonly bits: 4 | 8
  readonly block: 16 | 32 | 64
  readonly shape: readonly [n: number, k: number]
  readonly data: BlobRange
  readonly scales: BlobRange
  readonly minimums?: BlobRange
}

export type TensorEntry = DenseTensor | BlockTensor

/** One blob of a model. */
export interface Part {
  /** CIDv1 of the blob, named by its list of pieces: `blobCidOf`. */
  readonly cid: string
  readonly size: number
  /** 1 MiB. The last piece may be shorter. */
  readonly pieceSize: number
  /** CID (raw) of the piece list: the 32-byte sha-256 of every piece, one after another. The digest is that of `cid`. */
  readonly pieces: string
  readonly tensors: readonly TensorEntry[]
}

/**
 * Everything that makes two copies of a model the same. Stored as canonical dag-json; its CID is the model id.
 *
 * Tensor names. Layer: `attnNorm` [H], `qkv` [(heads + 2 · kvHeads) · headDim, H] or, where the three differ in
 * container, `q`, `k`, `v`; `qkvBias`; `qNorm`, `kNorm` [headDim]; `o` [H, heads · headDim], `oBias`; `mlpNorm` [H];
 * `gateUp` [2 · I, H] (gate rows first) or `gate`, `up`; `gateUpBias`; `down` [H, I], `downBias`. Architectures with norms behind the
 * sublayers have `attnPostNorm`, `mlpPostNorm` [H], beside or instead of `attnNorm`, `mlpNorm`; norms over all heads have
 * `qNorm` [heads · headDim], `kNorm` [kvHeads · headDim]. `sinks` [heads]: scores that take part in each head's softmax and bring nothing.
 * A layer with experts has `router` [experts, H], `routerBias` where there is one, an MLP's tensors for each
 * under `experts.N.`, and where there is a shared one `sharedRouter` [1, H] and its MLP's under `shared.`.
 * Embedding: `embedding` [V, H]. Head: `norm` [H] and, unless the embedding is tied, `head` [V, H].
 * Norms and biases are dense float32.
 */
export interface Manifest {
  readonly layout: 2
  readonly quantization: Quantization
  readonly config: ModelConfig
  readonly tokenizer: Part
  readonly embedding: Part
  readonly layers: readonly Part[]
  readonly head: Part
}

/**
 * Models as data: source formats in, manifest and blobs out, the ONNX graph of a span, tokenizer and chat template.
 * Pure: bytes are handed in (`ByteSource`), nothing here opens a file, a socket or a clock.
 */
export type * from './types.ts'
export type * from './chat.ts'
export { FormatError, TemplateError, UnsupportedModelError } from './errors.ts'
export { readGguf, type GgufFile } from './formats/gguf.ts'
export { readSafetensors } from './formats/safetensors.ts'
export { readShardedSafetensors } from './formats/safetensors-index.ts'
export type { GgufValue } from './formats/gguf-reader.ts'
export type { SourceTensor, TensorSource } from './formats/tensor-source.ts'
export { f32ToF16, f16ToF32, asFloat32, asUint16, f16ArrayToF32, f32ArrayToF16 } from './quant/float.ts'
export { dequantiseRows } from './quant/container.ts'
export { architectureOf, type Architecture } from './architectures/architectures.ts'
export { configFromGguf } from './config/gguf-config.ts'
export { configFromHuggingFace } from './config/hf-config.ts'
export { makePart, type Chunk } from './import/make-part.ts'
export { planImport, type ImportPlan, type PartPlan } from './import/plan.ts'
export { cidOf, cidOfDigest, encodeManifest, isModelId, MAX_MANIFEST_BYTES, modelIdOf, parseManifest, PIECE_BYTES, spanParts } from './manifest.ts'
export { tokenizerFromGguf } from './tokenizer/gguf-tokenizer.ts'
export { encodeTokenizerData, MAX_TOKENIZER_BYTES, parseTokenizerData, tokenizerFromHuggingFace, type TokenizerData } from './tokenizer/tokenizer-data.ts'
export { createTokenizer } from './tokenizer/tokenizer.ts'

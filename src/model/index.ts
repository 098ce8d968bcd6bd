/**
 * Models as data: source formats in, manifest and blobs out, the ONNX graph of a span, tokenizer and chat template.
 * Pure: bytes are handed in (`ByteSource`), nothing here opens a file, a socket or a clock.
 */
export type * from './types.ts'
export type * from './chat.ts'

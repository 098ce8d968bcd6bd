/** Makes a GGUF file of a Hugging Face folder as llama.cpp's converter does. */
import { existsSync, readFileSync } from 'node:fs'
import { writeGguf, type GgufTensor } from '../../../scripts/bench/gguf-writer.ts'
import { asFloat32, asUint16, f16ArrayToF32, readSafetensors, readShardedSafetensors, type TensorSource } from '../../../src/model/index.ts'
import { modelMetadata, ropeTensors, vocabularyMetadata, type HubConfig, type Metadata } from './metadata.ts'
import { rounded, stored, type StoredType } from './quantise.ts'
import { convert, type Tensors, type Values } from './tensors.ts'

export interface Conversion {
  /** Of matrices; vectors, biases and routers stay float32. @default F32 */
  readonly type?: StoredType
  /** Of stacked experts, where it is another. */
  readonly expertType?: StoredType
  /** Of a tensor by its name, where it is another still. */
  readonly typeOf?: (name: string) => StoredType | undefined
  /** Values are rounded as `type` and `expertType` do and stored as float32. */
  readonly asFloats?: boolean
  /** What the file has otherwise than the converter would have it. */
  readonly metadata?: (metadata: Metadata) => void
  readonly tensors?: (tensors: Map<string, Values>) => void
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

async function open (path: string): Promise<TensorSource> {
  const bytes = (file: string) => {
    const content = new Uint8Array(readFileSync(file))
    return { size: content.length, read: async (offset: number, length: number) => await Promise.resolve(content.slice(offset, offset + length)) }
  }
  const index = `${path}/model.safetensors.index.json`
  return existsSync(index)
    ? await readShardedSafetensors(new Uint8Array(readFileSync(index)), async (file) => await Promise.resolve(bytes(`${path}/${file}`)))
    : await readSafetensors(bytes(`${path}/model.safetensors`))
}

async function readAll (path: string): Promise<Tensors> {
  const source = await open(path)
  const all = new Map<string, Values>()
  for (const name of source.names()) {
    const { shape, type } = source.info(name) ?? { shape: [], type: '' }
    const bytes = await source.rows(name, 0, shape.slice(0, -1).reduce((product, size) => product * size, 1))
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
    if (type === 'F32') values.set(asFloat32(bytes))
    else if (type === 'F16') f16ArrayToF32(asUint16(bytes), values)
    else new Uint32Array(values.buffer).set(Uint32Array.from(asUint16(bytes), (bits) => bits << 16))
    all.set(name, { shape, values })
  }
  return all
}

export async function ggufOfFolder (folder: string, path: string, { type = 'F32', expertType = type, typeOf, asFloats = false, metadata: change, tensors: alter }: Conversion = {}): Promise<void> {
  const config = json(`${folder}/config.hub.json`) as HubConfig // our own file
  const metadata = { ...modelMetadata(config), ...vocabularyMetadata(config, json(`${folder}/tokenizer.json`), json(`${folder}/tokenizer_config.json`)) }
  const tensors = new Map([...convert(await readAll(folder), config), ...ropeTensors(config)])
  change?.(metadata)
  alter?.(tensors)
  await writeGguf(path, metadata, [...tensors].map(([name, { shape, values }]): GgufTensor => {
    // ModelBase.prepare_tensors: one dimension, biases and routers
    const isPlain = shape.length < 2 || name.endsWith('.bias') || name.includes('ffn_gate_inp')
    const own = isPlain ? 'F32' : typeOf?.(name) ?? (name.includes('_exps') ? expertType : type)
    return asFloats && (own === 'Q8_0' || own === 'MXFP4')
      ? { name, shape, type: 'F32', bytes: () => stored(rounded(values, own), 'F32') }
      : { name, shape, type: own, bytes: () => stored(values, own) }
  }))
}

import { z } from 'zod'
import { FormatError } from '../errors.ts'
import { readSafetensors } from './safetensors.ts'
import { parseStrictJson } from './strict-json.ts'
import type { TensorSource } from './tensor-source.ts'
import type { ByteSource } from '../types.ts'

const MAX_INDEX_BYTES = 100_000_000
/** The largest models on the hub have a few hundred. */
const MAX_FILES = 10_000

/**
 * Several files with an index, as large models have them. The tensors are those that the index names.
 * @param index bytes of `model.safetensors.index.json`
 * @param open gives the file of a bare name; called once a file
 * @throws {FormatError} @throws {UnsupportedModelError}
 */
export async function readShardedSafetensors (index: Uint8Array, open: (file: string) => Promise<ByteSource>): Promise<TensorSource> {
  if (index.byteLength > MAX_INDEX_BYTES) {
    throw new FormatError(`the safetensors index has ${index.byteLength} bytes, more than any model needs`)
  }
  const weightMap = z.record(z.string(), z.string()).safeParse(parseStrictJson(index, 'the safetensors index').weight_map)
  if (!weightMap.success) {
    throw new FormatError('the safetensors index has no weight_map from tensor names to files')
  }
  const files = new Set(Object.values(weightMap.data))
  if (files.size > MAX_FILES) {
    throw new FormatError(`the safetensors index names ${files.size} files; at most ${MAX_FILES} are read`)
  }
  const sources = new Map<string, TensorSource>()
  for (const file of files) {
    if (!/^[\w.-]{1,255}\.safetensors$/.test(file)) {
      throw new FormatError(`the safetensors index names the file ${JSON.stringify(file)}, which is no plain .safetensors name`)
    }
    sources.set(file, await readSafetensors(await open(file)))
  }
  const owners = new Map<string, TensorSource>()
  for (const [name, file] of Object.entries(weightMap.data)) {
    const owner = sources.get(file)
    if (owner?.info(name) == null) {
      throw new FormatError(`the safetensors index says that ${file} holds tensor ${name}, but it does not`)
    }
    owners.set(name, owner)
  }
  return {
    names: () => owners.keys(),
    info: (name) => owners.get(name)?.info(name),
    rows: async (name, first, count) => {
      const owner = owners.get(name)
      if (owner == null) {
        throw new FormatError(`there is no tensor ${name} in the safetensors index`)
      }
      return await owner.rows(name, first, count)
    }
  }
}

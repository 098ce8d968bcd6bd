import {
  configFromGguf, configFromHuggingFace, FormatError, readGguf, readSafetensors, readShardedSafetensors, tokenizerFromGguf, tokenizerFromHuggingFace,
  type DescribedModel, type TensorSource, type TokenizerData
} from '../model/index.ts'
import { ImportSourceError } from './errors.ts'
import { localFiles, type SourceFiles } from './source-files.ts'

/**
 * Scales and minimums of one matrix that are in memory at once, where the source is far away: beyond, it would be read again for them.
 * 400 MB, and so much only for the largest vocabularies (262,144 × 12,288 values in blocks of 32).
 */
const FAR_SIDE_VALUES = 96 * 1024 * 1024

/** A model as somebody else stored it, opened. */
export interface OpenedSource extends DescribedModel {
  readonly tokenizer: TokenizerData
  readonly tensors: TensorSource
  readonly format: 'gguf' | 'safetensors'
  /** How many scales and minimums of one matrix may be kept while it is made. Undefined: as many as is usual. */
  readonly sideValues?: number
  /** Changes whenever a file of the source does. */
  readonly fingerprint: string
  readonly close: () => Promise<void>
}

/** Opens a `.gguf` file or a Hugging Face folder. @throws {ImportSourceError} @throws {FormatError} @throws {UnsupportedModelError} */
export async function openSource (path: string): Promise<OpenedSource> {
  return await openFiles(await localFiles(path))
}

/**
 * Opens a model by its files, which are closed with it, or at once where it can't be opened.
 * @throws {ImportSourceError} @throws {FormatError} @throws {UnsupportedModelError} @throws {HubError}
 */
export async function openFiles (files: SourceFiles): Promise<OpenedSource> {
  try {
    const source = files.gguf === undefined ? await openFolder(files) : await openGguf(files, files.gguf)
    return { ...source, ...(files.isFar === true ? { sideValues: FAR_SIDE_VALUES } : {}) }
  } catch (error) {
    await files.close()
    throw error
  }
}

async function openGguf (files: SourceFiles, name: string): Promise<OpenedSource> {
  const file = await readGguf(await files.open(name))
  const described = await configFromGguf(file)
  return {
    ...described,
    tokenizer: tokenizerFromGguf(file, described.architecture, described.config.vocabSize, described.config.eosTokenIds),
    tensors: file,
    format: 'gguf',
    fingerprint: files.fingerprint(),
    close: async () => { await files.close() }
  }
}

async function openFolder (files: SourceFiles): Promise<OpenedSource> {
  const config = await readJson(files, 'config.json')
  if (config == null) {
    throw new ImportSourceError(`${files.name} is no Hugging Face model folder: it has no config.json. Give such a folder, or a .gguf file`)
  }
  const generation = await readJson(files, 'generation_config.json')
  const parsed = configFromHuggingFace(config, generation)
  const tokenizer = await readJson(files, 'tokenizer.json')
  if (tokenizer == null) {
    throw new ImportSourceError(`${files.name} has no tokenizer.json`)
  }
  const template = await files.small('chat_template.jinja')
  const index = await files.small('model.safetensors.index.json')
  const tensors = index == null
    ? await readSafetensors(await files.open('model.safetensors'))
    : await readShardedSafetensors(index, async (name) => await files.open(name))
  return {
    ...parsed,
    tokenizer: tokenizerFromHuggingFace({
      tokenizer,
      config: await readJson(files, 'tokenizer_config.json'),
      ...(template == null ? {} : { chatTemplate: new TextDecoder().decode(template) }),
      vocabSize: parsed.config.vocabSize,
      eosTokenIds: parsed.config.eosTokenIds
    }),
    tensors,
    format: 'safetensors',
    fingerprint: files.fingerprint(),
    close: async () => { await files.close() }
  }
}

/** Undefined where there is no such file. */
async function readJson (files: SourceFiles, name: string): Promise<unknown> {
  const bytes = await files.small(name)
  try {
    return bytes == null ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new FormatError(`${name} of ${files.name} is not JSON`, { cause: error })
  }
}

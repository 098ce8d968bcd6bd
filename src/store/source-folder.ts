import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import {
  configFromGguf, configFromHuggingFace, FormatError, readGguf, readSafetensors, readShardedSafetensors, tokenizerFromGguf, tokenizerFromHuggingFace,
  type ByteSource, type DescribedModel, type TensorSource, type TokenizerData
} from '../model/index.ts'
import { ImportSourceError } from './errors.ts'

/** A model as somebody else stored it, opened. */
export interface OpenedSource extends DescribedModel {
  readonly tokenizer: TokenizerData
  readonly tensors: TensorSource
  readonly format: 'gguf' | 'safetensors'
  /** Changes whenever a file of the source does: sizes and times of all of them. */
  readonly fingerprint: string
  readonly close: () => Promise<void>
}

const MAX_FILE_BYTES = 256 * 1024 * 1024

/** Opens a `.gguf` file or a Hugging Face folder. @throws {ImportSourceError} @throws {FormatError} @throws {UnsupportedModelError} */
export async function openSource (path: string): Promise<OpenedSource> {
  const found = await stat(path).catch(() => null)
  if (found == null) {
    throw new ImportSourceError(`${path} does not exist; give a folder of a Hugging Face model or a .gguf file`)
  }
  const files = fileSet()
  try {
    return found.isDirectory() ? await openFolder(path, files) : await openGguf(path, files)
  } catch (error) {
    await files.close()
    throw error
  }
}

interface FileSet {
  open (path: string): Promise<ByteSource>
  fingerprint (): string
  readonly close: () => Promise<void>
}

function fileSet (): FileSet {
  const handles: FileHandle[] = []
  const stamps: string[] = []
  return {
    open: async (path) => {
      const file = await open(path, 'r').catch((error: unknown) => {
        throw new ImportSourceError(`can't read ${path}`, { cause: error })
      })
      handles.push(file)
      const found = await file.stat()
      const { size, mtimeMs, ino } = found
      if (!found.isFile()) {
        throw new ImportSourceError(`${path} is no file`)
      }
      stamps.push(`${path} ${size} ${mtimeMs} ${ino}`)
      return { size, read: async (offset, length) => await readAt(file, path, size, offset, length) }
    },
    fingerprint: () => [...stamps].sort().join('\n'),
    close: async () => { await Promise.all(handles.splice(0).map(async (file) => { await file.close() })) }
  }
}

async function readAt (file: FileHandle, path: string, size: number, offset: number, length: number): Promise<Uint8Array> {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new FormatError(`${path} ends at byte ${size}; ${offset + length} bytes are needed`)
  }
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
    if (bytesRead === 0) {
      throw new FormatError(`${path} became shorter while it was read`)
    }
    at += bytesRead
  }
  return bytes
}

async function openGguf (path: string, files: FileSet): Promise<OpenedSource> {
  const file = await readGguf(await files.open(path))
  const described = await configFromGguf(file)
  return {
    ...described,
    tokenizer: tokenizerFromGguf(file, described.architecture, described.config.vocabSize, described.config.eosTokenIds),
    tensors: file,
    format: 'gguf',
    fingerprint: files.fingerprint(),
    close: files.close
  }
}

async function openFolder (folder: string, files: FileSet): Promise<OpenedSource> {
  const config = await readJson(join(folder, 'config.json'))
  if (config == null) {
    throw new ImportSourceError(`${folder} is no Hugging Face model folder: it has no config.json. Give such a folder, or a .gguf file`)
  }
  const generation = await readJson(join(folder, 'generation_config.json'))
  const parsed = configFromHuggingFace(config, generation)
  const tokenizer = await readJson(join(folder, 'tokenizer.json'))
  if (tokenizer == null) {
    throw new ImportSourceError(`${folder} has no tokenizer.json`)
  }
  const template = await readSmall(join(folder, 'chat_template.jinja'))
  const index = await readSmall(join(folder, 'model.safetensors.index.json'))
  const tensors = index == null
    ? await readSafetensors(await files.open(join(folder, 'model.safetensors')))
    : await readShardedSafetensors(index, async (name) => await files.open(join(folder, name)))
  return {
    ...parsed,
    tokenizer: tokenizerFromHuggingFace({
      tokenizer,
      config: await readJson(join(folder, 'tokenizer_config.json')),
      ...(template == null ? {} : { chatTemplate: new TextDecoder().decode(template) }),
      vocabSize: parsed.config.vocabSize,
      eosTokenIds: parsed.config.eosTokenIds
    }),
    tensors,
    format: 'safetensors',
    fingerprint: files.fingerprint(),
    close: files.close
  }
}

/** Undefined where there is no such file. */
async function readJson (path: string): Promise<unknown> {
  const bytes = await readSmall(path)
  try {
    return bytes == null ? undefined : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new FormatError(`${path} is not JSON`, { cause: error })
  }
}

/** The whole of a file that belongs in memory. Undefined where there is none. */
async function readSmall (path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) {
      throw new FormatError(`${path} has ${size} bytes, more than any model needs`)
    }
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined
    }
    throw error instanceof FormatError ? error : new ImportSourceError(`can't read ${path}`, { cause: error })
  }
}

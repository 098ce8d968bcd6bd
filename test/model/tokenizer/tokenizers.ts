/** Tokenizers of the models that the repository has, and of the one beside it. */
import { existsSync, readFileSync } from 'node:fs'
import { architectureOf, createTokenizer, tokenizerFromGguf, tokenizerFromHuggingFace, readGguf, type Tokenizer, type TokenizerData } from '../../../src/model/index.ts'
import { bytesSource } from '../formats/files.ts'

const root = new URL('../../../', import.meta.url)
const file = (path: string): URL => new URL(path, root)

export const json = (path: string): unknown => JSON.parse(readFileSync(file(path), 'utf8'))
export const lines = (path: string): unknown[] => readFileSync(file(path), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown)
export const exists = (path: string): boolean => existsSync(file(path))

export function dataOfFolder (folder: string, vocabSize: number): TokenizerData {
  const template = `${folder}/chat_template.jinja`
  return tokenizerFromHuggingFace({
    tokenizer: json(`${folder}/tokenizer.json`),
    config: json(`${folder}/tokenizer_config.json`),
    ...(exists(template) ? { chatTemplate: readFileSync(file(template), 'utf8') } : {}),
    vocabSize,
    eosTokenIds: [2]
  })
}

export async function dataOfGguf (path: string, vocabSize: number): Promise<TokenizerData> {
  return tokenizerFromGguf(await readGguf(bytesSource(readFileSync(file(path)))), architectureOf('name', 'llama'), vocabSize, [2])
}

/** The tiny models' tokenizer, with changes to its data. */
export const tiny = (changes: Partial<TokenizerData> = {}): Tokenizer => createTokenizer({ ...dataOfFolder('test/fixtures/models/llama', 512), ...changes })

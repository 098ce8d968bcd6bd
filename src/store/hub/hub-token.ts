import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ImportSourceError } from '../errors.ts'

/** Of the hub: `HF_ENDPOINT`, else the public one. */
export const hubEndpoint = (env: NodeJS.ProcessEnv): string => (env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, '')

/** As the hub's own tools find it: `HF_TOKEN`, else the file that `hf auth login` writes. @throws {ImportSourceError} `HF_TOKEN` is no token */
export async function hubToken (env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const given = env.HF_TOKEN?.trim()
  if (given !== undefined && given !== '') {
    if (!given.startsWith('hf_')) throw new ImportSourceError('HF_TOKEN is set to something that is no token of the hub: they begin with hf_')
    return given
  }
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface')
  const text = await readFile(env.HF_TOKEN_PATH ?? join(home, 'token'), 'utf8').catch(() => '')
  return text.trim().startsWith('hf_') ? text.trim() : undefined
}

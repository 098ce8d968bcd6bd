import { HubApiError, fileDownloadInfo, modelInfo } from '@huggingface/hub'
import { z } from 'zod'
import { HubError, ImportSourceError } from '../errors.ts'
import { describingFetch, hubFetch, type HubFetchInit } from './hub-fetch.ts'
import { hubEndpoint, hubToken } from './hub-token.ts'
import { remoteFile } from './remote-file.ts'
import type { HubName } from './hub-name.ts'
import type { SourceFiles } from '../source-files.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface HubFilesInit extends Omit<HubFetchInit, 'signal'> {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv
  readonly silenceMs?: number
}

/** A repository's files at one commit. */
export interface HubFiles extends SourceFiles {
  /** What the revision meant when it was asked for: everything is read from there. */
  readonly commit: string
  /** The file that was named, or the only GGUF file of a repository without safetensors. */
  readonly gguf: string | undefined
}

/** Larger ones are no configuration. */
const MAX_SMALL_BYTES = 64 * 1024 * 1024
/** Of a repository: its commit and its files. */
const description = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/), filePaths: z.array(z.string().max(4096)) })

/** @throws {ImportSourceError} there is no such repository or file, or it may not be read @throws {HubError} the hub can't be reached */
export async function hubFiles (name: HubName, { signal }: AbortOptions = {}, init: HubFilesInit = {}): Promise<HubFiles> {
  const { repository, revision } = name
  const { env = process.env, silenceMs, ...fetchInit } = init
  const hubUrl = hubEndpoint(env)
  const token = await hubToken(env)
  const trying: HubFetchInit = { ...fetchInit, signal: signal ?? undefined }
  const asked: Asked = { hubUrl, token, signal: signal ?? undefined }
  const asking = { hubUrl, fetch: describingFetch(trying, originOf(hubUrl)), ...(token === undefined ? {} : { accessToken: token }) }
  const fetch = hubFetch(trying)
  const etags = new Map<string, string>()

  const { sha: commit, filePaths } = await explained(`${repository}@${revision}`, asked, async () =>
    description.parse(await modelInfo({ name: repository, revision, additionalFields: ['sha', 'filePaths'], ...asking })))

  async function find (path: string): Promise<{ size: number, etag: string } | undefined> {
    const info = await explained(`${path} of ${repository}`, asked, async () =>
      await fileDownloadInfo({ repo: repository, path: urlPath(path), revision: commit, ...asking }))
    if (info === null) return undefined
    etags.set(path, info.etag)
    return info
  }

  const files: HubFiles = {
    name: `${repository}@${revision}`,
    commit,
    gguf: ggufOf(name, filePaths),
    isFar: true,
    has: (path) => filePaths.includes(path),
    async open (path) {
      const info = await find(path)
      if (info === undefined) throw new ImportSourceError(`${repository} has no ${path} at the hub`)
      return remoteFile({
        url: `${hubUrl}/${repository}/resolve/${commit}/${urlPath(path)}`,
        name: `${repository}/${path}`,
        ...info,
        token,
        fetch,
        ...(signal == null ? {} : { signal }),
        ...(silenceMs === undefined ? {} : { silenceMs }),
        ...(init.pauseMs === undefined ? {} : { pauseMs: init.pauseMs })
      })
    },
    async small (path) {
      if (!filePaths.includes(path)) return undefined
      const file = await files.open(path)
      if (file.size > MAX_SMALL_BYTES) throw new ImportSourceError(`${path} of ${repository} has ${file.size} bytes, more than any model needs`)
      return await file.read(0, file.size)
    },
    fingerprint: () => [`${repository}@${commit}`, ...[...etags].map(([path, etag]) => `${path} ${etag}`).sort()].join('\n'),
    close: async () => { await Promise.resolve() }
  }
  return files
}

/** @throws {ImportSourceError} naming what there is to choose from */
function ggufOf ({ repository, file }: HubName, paths: readonly string[]): string | undefined {
  const files = paths.filter((path) => path.toLowerCase().endsWith('.gguf'))
  if (file !== undefined) {
    if (!paths.includes(file)) throw new ImportSourceError(`${repository} has no ${file} at the hub${files.length === 0 ? '' : `; there is ${files.join(', ')}`}`)
    return file
  }
  if (paths.includes('config.json') && paths.some((path) => path.endsWith('.safetensors'))) return undefined
  const [only, other] = files
  if (only !== undefined && other !== undefined) throw new ImportSourceError(`${repository} has several models; name one, such as ${repository}:${only}. There is ${files.join(', ')}`)
  return only
}

const urlPath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** @throws {ImportSourceError} */
function originOf (hubUrl: string): string {
  if (!/^https?:\/\//.test(hubUrl) || !URL.canParse(hubUrl)) throw new ImportSourceError(`HF_ENDPOINT is ${JSON.stringify(hubUrl)}, which is no address of a hub such as https://huggingface.co`)
  return new URL(hubUrl).origin
}

interface Asked {
  readonly hubUrl: string
  readonly token: string | undefined
  readonly signal: AbortSignal | undefined
}

/** What a person can do about what the hub says. */
async function explained<T> (what: string, { hubUrl, token, signal }: Asked, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof HubError) throw error
    if (!(error instanceof HubApiError)) throw new HubError(`what ${hubUrl} answers to a request for ${what} is not what a hub answers; is HF_ENDPOINT right, and no log-in page between?`, { cause: error })
    // without a token, the hub says so of repositories that do not exist, too
    const access = token === undefined ? 'check the name, ask for access on its page, and set HF_TOKEN to a token of yours' : 'the token that is set (HF_TOKEN, or `hf auth login`) gives no access to it: ask for access on its page'
    switch (error.statusCode) {
      case 404: throw new ImportSourceError(`there is no ${what} at ${hubUrl}, or it is private and HF_TOKEN is not set`, { cause: error })
      case 401:
      case 403: throw new ImportSourceError(`${what} is not ${token === undefined ? 'there, or not ' : ''}open to everybody: ${access}`, { cause: error })
      case 429: throw new HubError(`the hub at ${hubUrl} takes no more requests now; try again later, or with HF_TOKEN set`, { cause: error })
      default: throw new HubError(`the hub at ${hubUrl} answered ${error.statusCode} to a request for ${what}; try again later`, { cause: error })
    }
  }
}

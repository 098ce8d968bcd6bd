/** `org/name[@revision][:file.gguf]`, as people write it. Pure. */
export interface HubName {
  /** `org/name`. */
  readonly repository: string
  /** A branch, a tag or a commit. */
  readonly revision: string
  /** One of the repository's files. */
  readonly file: string | undefined
}

const PATTERN = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+?))?(?::([\w./ -]+\.gguf))?$/i

/** Undefined for what is no such name. */
export function parseHubName (text: string): HubName | undefined {
  const [, repository, revision = 'main', file] = PATTERN.exec(text) ?? []
  if (repository === undefined || /^\.|\/\.|\.\.|\.gguf$/i.test(repository)) return undefined
  return { repository, revision, file }
}

const SOURCE = /^([\w.-]+\/[\w.-]+)@([0-9a-f]{40})(?:\/([\w./ -]+\.gguf))?:\w+$/i

/** The files that a `sourceName` is about. Undefined for what is none. */
export function parseSourceName (text: string): HubName | undefined {
  const [, repository, revision, file] = SOURCE.exec(text) ?? []
  return repository === undefined || revision === undefined ? undefined : { repository, revision, file }
}

/** What a model was made from, exactly: nodes that say the same made the same. */
export const sourceName = ({ repository, file }: HubName, commit: string, quantization: string): string =>
  `${repository}@${commit}${file === undefined ? '' : `/${file}`}:${quantization}`

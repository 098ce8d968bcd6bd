/** The real model and its reference, which stay outside the repository: tests that need them skip by name where they are absent. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './shoal.ts'

export const smollm2Path = join(root, '..', 'shared', 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf')
const folder = join(root, '..', 'shared', 'reference', 'smollm2-135m')

export const hasSmollm2 = existsSync(smollm2Path) && existsSync(folder)
/** Why a test is skipped, for its title. */
export const withoutSmollm2 = hasSmollm2 ? '' : ' (skipped: ../shared with SmolLM2-135M is not here)'

export interface ReferencePrompt {
  readonly id: string
  readonly prompt: string
  readonly inputIds: readonly number[]
  readonly greedy: {
    readonly ids: readonly number[]
    readonly finishReason: 'stop' | 'length'
    readonly gaps: readonly number[]
    readonly runnerUps: readonly number[]
  }
}

export interface Smollm2Reference {
  readonly prompts: readonly ReferencePrompt[]
  readonly perplexity: { readonly window: number, readonly tokens: number, readonly scoredTokens: number, readonly meanNll: number }
}

export function smollm2Reference (): Smollm2Reference {
  const value: unknown = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'))
  const reference = value as { prompts: Array<Omit<ReferencePrompt, 'prompt'> & { prompt?: string, text?: string }> } & Pick<Smollm2Reference, 'perplexity'>
  return { perplexity: reference.perplexity, prompts: reference.prompts.map(({ prompt, text, ...rest }) => ({ ...rest, prompt: prompt ?? text ?? '' })) }
}

export const perplexityText = (): string => readFileSync(join(folder, 'perplexity.txt'), 'utf8')

/**
 * DESIGN's rule 1: ids are equal up to the first difference, and that difference is allowed only where the reference's two best
 * logits are nearer than `tieGap`. Says what is wrong, or null.
 */
export function disagreement (ids: readonly number[], reference: ReferencePrompt['greedy'], tieGap: number): string | null {
  const expected = reference.finishReason === 'stop' ? reference.ids.slice(0, -1) : reference.ids
  const at = expected.findIndex((id, index) => ids[index] !== id)
  if (at < 0) {
    return ids.length === expected.length ? null : `${ids.length} ids instead of ${expected.length}`
  }
  const gap = reference.gaps[at] ?? Infinity
  return gap < tieGap ? null : `id ${ids[at] ?? 'missing'} instead of ${expected[at] ?? 'none'} at ${at}, where the gap is ${gap}`
}

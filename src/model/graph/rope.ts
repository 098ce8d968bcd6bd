import type { RopeConfig } from '../types.ts'

/** Cosines and sines of every position and pair of a head's dimensions, `[positions, headDim / 2]`: pairs that are not rotated have 1 and 0. */
export interface RopeCaches {
  readonly cos: Float32Array
  readonly sin: Float32Array
}

/** How many ways there are to rotate, one of which a session has throughout. */
export const ropeVariants = ({ scaling }: RopeConfig): number => scaling.type === 'longrope' ? 2 : 1

/** The way that a prompt of so many tokens asks for. */
export const ropeVariantOf = ({ scaling }: RopeConfig, promptTokens: number): number =>
  scaling.type === 'longrope' && promptTokens > scaling.originalContextLength ? 1 : 0

/** Computed in float64. */
export function ropeCaches ({ theta, dimensions, scaling }: RopeConfig, headDim: number, positions: number, variant = 0): RopeCaches {
  const pairs = headDim / 2
  const cos = new Float32Array(positions * pairs).fill(1)
  const sin = new Float32Array(positions * pairs)
  const length = 'attentionFactor' in scaling ? scaling.attentionFactor : 1
  const frequencyOf = frequencies(theta, dimensions, scaling, variant)
  for (let pair = 0; pair < dimensions / 2; pair++) {
    const frequency = frequencyOf(theta ** (-2 * pair / dimensions), pair)
    for (let position = 0; position < positions; position++) {
      cos[position * pairs + pair] = length * Math.cos(position * frequency)
      sin[position * pairs + pair] = length * Math.sin(position * frequency)
    }
  }
  return { cos, sin }
}

function frequencies (theta: number, dimensions: number, scaling: RopeConfig['scaling'], variant: number): (plain: number, pair: number) => number {
  switch (scaling.type) {
    case 'none':
      return (plain) => plain
    case 'linear':
      return (plain) => plain / scaling.factor
    case 'factors':
      return (plain, pair) => plain / (scaling.factors[pair] ?? 1)
    case 'longrope':
      return (plain, pair) => plain / ((variant === 0 ? scaling.shortFactors : scaling.longFactors)[pair] ?? 1)
    case 'llama3':
      return (plain) => {
        // Long waves are slowed down by the factor, short ones kept, those between go over smoothly (Llama 3.1's model card).
        const turns = scaling.originalContextLength * plain / (2 * Math.PI)
        const { lowFrequencyFactor: low, highFrequencyFactor: high, factor } = scaling
        const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)))
        return (1 - kept) * plain / factor + kept * plain
      }
    case 'yarn': {
      // the pair whose wave turns so often within the original context (YaRN, section 3.2)
      const pairOf = (turns: number): number => dimensions * Math.log(scaling.originalContextLength / (turns * 2 * Math.PI)) / (2 * Math.log(theta))
      const [first, last] = [pairOf(scaling.betaFast), pairOf(scaling.betaSlow)]
      const low = Math.max(0, scaling.truncate ? Math.floor(first) : first)
      const high = Math.min(dimensions - 1, scaling.truncate ? Math.ceil(last) : last)
      const width = high === low ? 0.001 : high - low
      return (plain, pair) => {
        const stretched = Math.min(1, Math.max(0, (pair - low) / width))
        return stretched * plain / scaling.factor + (1 - stretched) * plain
      }
    }
  }
}

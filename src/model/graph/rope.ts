import type { RopeConfig } from '../types.ts'

/** Cosines and sines of every position and rotated pair, `[positions, dimensions / 2]`, computed in float64. */
export function ropeCaches ({ theta, dimensions, scaling }: RopeConfig, positions: number): { readonly cos: Float32Array, readonly sin: Float32Array } {
  const pairs = dimensions / 2
  const cos = new Float32Array(positions * pairs)
  const sin = new Float32Array(positions * pairs)
  for (let pair = 0; pair < pairs; pair++) {
    const frequency = scaled(theta ** (-2 * pair / dimensions), scaling, pair)
    for (let position = 0; position < positions; position++) {
      cos[position * pairs + pair] = Math.cos(position * frequency)
      sin[position * pairs + pair] = Math.sin(position * frequency)
    }
  }
  return { cos, sin }
}

function scaled (frequency: number, scaling: RopeConfig['scaling'], pair: number): number {
  switch (scaling.type) {
    case 'none':
      return frequency
    case 'linear':
      return frequency / scaling.factor
    case 'factors':
      return frequency / (scaling.factors[pair] ?? 1)
    case 'llama3': {
      // Long waves are slowed down by the factor, short ones kept, those between go over smoothly (Llama 3.1's model card).
      const turns = scaling.originalContextLength * frequency / (2 * Math.PI)
      const { lowFrequencyFactor: low, highFrequencyFactor: high, factor } = scaling
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)))
      return (1 - kept) * frequency / factor + kept * frequency
    }
  }
}

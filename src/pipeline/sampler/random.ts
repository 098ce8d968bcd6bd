const MASK = 0xffff_ffff_ffff_ffffn
const STEP = 0x9e37_79b9_7f4a_7c15n

/** SplitMix64's finaliser (Steele, Lea, Flood 2014; constants of Stafford's variant 13). */
function mix (value: bigint): bigint {
  let z = value & MASK
  z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK
  z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK
  return z ^ (z >> 31n)
}

/**
 * The random number in [0, 1) of a position: its top 53 bits are those of mix(mix(seed + step) + (position + 1) · step),
 * modulo 2^64. A function of its arguments alone, so that a session goes on elsewhere with the same choices.
 */
export function randomAt (seed: bigint, position: number): number {
  const stream = mix(seed + STEP)
  return Number(mix(stream + BigInt(position + 1) * STEP) >> 11n) / 2 ** 53
}

export type Prompt = string | number[]

/** One text or list of ids, or several. */
export function promptsOf (prompt: string | number[] | string[] | number[][]): Prompt[] {
  if (typeof prompt === 'string') return [prompt]
  const [first] = prompt
  return typeof first === 'number' ? [prompt.filter((id) => typeof id === 'number')] : prompt.filter((each) => typeof each !== 'number')
}

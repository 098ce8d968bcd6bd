/** JSON of unknown shape, taken apart without trust. */

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value != null && !Array.isArray(value)

export const stringOr = <Other>(value: unknown, other: Other): string | Other => typeof value === 'string' ? value : other

export const numberOr = <Other>(value: unknown, other: Other): number | Other => typeof value === 'number' && Number.isFinite(value) ? value : other

export const listOf = <T>(value: unknown, read: (each: unknown) => T | undefined): T[] =>
  (Array.isArray(value) ? value : []).flatMap((each) => {
    const item = read(each)
    return item === undefined ? [] : [item]
  })

/** The value, or undefined where the text is no JSON. */
export function parseJson (text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

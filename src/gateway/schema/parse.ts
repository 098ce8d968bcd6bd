import { HttpError } from '../errors.ts'
import type { z } from 'zod'

/** `messages[0].content` */
const nameOf = (path: readonly PropertyKey[]): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('')

/** The request, or an error that names the first field that is wrong. @throws {HttpError} 400 */
export function parse<T> (schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const param = nameOf(issue?.path ?? [])
  if (param === '') throw new HttpError('the body has to be a JSON object', { status: 400 })
  throw new HttpError(`'${param}' ${issue?.message.replace(/^Invalid input: /, 'is wrong: ') ?? 'is wrong'}`, { status: 400, param, code: 'invalid_value' })
}

/** What INTERFACE.md promises for a later version: refused by name, so that nobody takes silence for success. */
import { UsageError } from './errors.ts'

export const notYet = (what: string, instead: string): UsageError => new UsageError(`not in this version yet: ${what}; ${instead}`)

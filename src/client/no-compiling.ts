/**
 * Schemas are read, not compiled to code: a page's policy may forbid that, and reports the attempt. Imported before any module that
 * makes one.
 */
import { config } from 'zod'

config({ jitless: true })

/**
 * The thin client: finds a coordinator, opens a generation, reads tokens. Holds no layers and no model; runs in Node and in a
 * browser. The entries of the package are node.ts and browser.ts; this is the door for the rooms above.
 */
export type * from './types.ts'
export type { ModelView, ProgressEvent } from './api.ts'
export { chooseModel, type ModelChoice } from './choose-model.ts'
export { AmbiguousModelError, JoinError, NobodyServesError } from './errors.ts'
export { joinAll, lookAround } from './join.ts'
export { modelViews, runsOf } from './models.ts'
export { invitesOf, NobodyReachedError, redial } from './redial.ts'
export { thinClient } from './thin-client.ts'
export { visit, type Visit } from './visit.ts'

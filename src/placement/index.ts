/**
 * Which layers a node should serve. Pure: values in, values out; may import the model room's types only.
 */
export { chooseSpan, shouldMove } from './choose-span.ts'
export type * from './types.ts'

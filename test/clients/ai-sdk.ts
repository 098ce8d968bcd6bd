/** Vercel's AI SDK, from this folder's packages. */
export { createOpenAICompatible } from '@ai-sdk/openai-compatible'
export { APICallError, embedMany, generateObject, generateText, isStepCount, jsonSchema, streamText, tool } from 'ai'

/** OpenAI's own library, from this folder's packages. */
export {
  OpenAI, APIConnectionError, APIError, APIUserAbortError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError
} from 'openai'
export type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'

import { Environment, Interpreter, Template } from '@huggingface/jinja'
import { TemplateError } from '../errors.ts'
import type { TemplateInput } from '../calls/tool-prompt.ts'
import type { TokenizerData } from './tokenizer-data.ts'

/** Longest text, in characters, and longest list that a template may make at any point. */
const MAX_TEXT = 16 * 1024 * 1024
const MAX_ITEMS = 65_536
/** What a template may cost: one for each expression, each round of a loop, and each 256 characters or 16 items that come out. A chat of a thousand turns costs 30,000 to 100,000. */
const MAX_COST = 500_000

/** What is used of the library, whose own declarations of these import without file endings, which TypeScript does not resolve here. */
interface Runtime {
  run (program: unknown): { readonly value: unknown }
  evaluate (statement: Statement | undefined, environment: unknown): { readonly value?: unknown }
}
interface Statement {
  readonly type: string
  /** What a loop goes through; with a condition behind it, that in `lhs`. */
  readonly iterable?: Statement & { readonly lhs?: Statement }
}
interface Scope {
  set (name: string, value: unknown): unknown
}
const newScope = (): Scope => new (Environment as unknown as new () => Scope)()
const newRuntime = (scope: Scope): Runtime => new (Interpreter as unknown as new (scope: Scope) => Runtime)(scope)

/**
 * Renders conversations with a model's own Jinja template and the prompt for an answer behind it. A template may come from
 * a stranger: what it makes and how long it takes is bounded. Templates get no clock (`strftime_now` is undefined, so
 * those that ask for the date take their fixed one): the same conversation gives the same ids everywhere.
 */
export function chatTemplate ({ chatTemplate: source, specialTokens }: TokenizerData): (input: TemplateInput) => string {
  let template: Template | undefined
  return ({ messages, tools }) => {
    if (source == null) {
      throw new TemplateError('this model has no chat template; ask it with --raw or through /v1/completions')
    }
    try {
      template ??= new Template(source)
      return render(template, { ...globals, ...specialTokens, tools, xml_tools: tools, documents: null, messages, add_generation_prompt: true })
    } catch (error) {
      throw new TemplateError(`the model's chat template does not take these messages: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
}

function render ({ parsed }: Template, variables: Readonly<Record<string, unknown>>): string {
  const scope = newScope()
  for (const [name, value] of Object.entries(variables)) {
    scope.set(name, value)
  }
  const runtime = newRuntime(scope)
  const evaluate = runtime.evaluate.bind(runtime)
  const loopedOver = new Set<Statement | undefined>()
  let cost = 0
  // every expression and every block goes through here
  runtime.evaluate = (statement, environment) => {
    if (statement?.iterable != null) {
      loopedOver.add(statement.iterable).add(statement.iterable.lhs)
    }
    const result = evaluate(statement, environment)
    const { value } = result
    const text = typeof value === 'string' ? value.length : 0
    const items = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0
    cost += 1 + Math.floor(text / 256 + items / 16) + (statement != null && loopedOver.has(statement) ? text + items : 0)
    if (text > MAX_TEXT || items > MAX_ITEMS || cost > MAX_COST) {
      throw new Error('it makes more than any conversation needs')
    }
    return result
  }
  const { value } = runtime.run(parsed)
  return typeof value === 'string' ? value : ''
}

const globals: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: unknown) => { throw new Error(String(message)) },
  range
}

function range (from: number, to?: number, step = 1): number[] {
  const [start, end] = to == null ? [0, from] : [from, to]
  const length = Math.max(0, Math.ceil((end - start) / step))
  if (!(length <= MAX_ITEMS)) {
    throw new Error('range() makes more than any conversation needs')
  }
  return Array.from({ length }, (_, index) => start + index * step)
}

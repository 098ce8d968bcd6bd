import assert from 'node:assert/strict'
import fc from 'fast-check'
import { TemplateError, type ChatMessage } from '../../../src/model/index.ts'
import { dataOfFolder, tiny } from './tokenizers.ts'

const controls = ['<|endoftext|>', '<|im_start|>', '<|im_end|>']
const user = (content: string): ChatMessage[] => [{ role: 'user', content }]
const withTemplate = (chatTemplate: string) => tiny({ chatTemplate })

describe('a conversation as ids', () => {
  const tokenizer = tiny()
  const isControl = (id: number): boolean => id < 3

  it('holds a control token only where the template puts one', () => {
    const expected = tokenizer.encodeChat(user('Hi')).filter(isControl)
    const piece = fc.oneof(fc.constantFrom(...controls, '<|im_', 'end|>', '<', '|', '>', '\u{100000}', '\u{100000}0\u{100000}'), fc.string({ maxLength: 5 }))
    fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const content = pieces.join('')
      const ids = tokenizer.encodeChat(user(content))
      assert.deepEqual(ids.filter(isControl), expected)
      // what stands between the template's own control tokens is the text, untouched
      assert.ok(tokenizer.decode(ids).includes(content.trim()))
    }))
  })

  it('tokenises a typed control token together with the text around it', () => {
    const ids = tokenizer.encodeChat(user('say <|im_end|> now'))
    const between = tokenizer.encode('user\nsay <|im_end|> now', { special: false })
    assert.deepEqual(ids.slice(1, 1 + between.length), between)
  })

  it('holds back control tokens in a role too', () => {
    const ids = tokenizer.encodeChat([{ role: '<|im_end|>', content: '' }])
    assert.deepEqual(ids.filter(isControl), [1, 2, 1])
  })

  it('counts the end of text as a control token even where the tokenizer does not call it special', () => {
    const { tokenizer: source } = dataOfFolder('test/fixtures/models/llama', 512)
    const lax = tiny({ tokenizer: { ...source, added_tokens: source.added_tokens?.map((token) => ({ ...token, special: token.id !== 2 })) } })
    assert.deepEqual(lax.encodeChat(user('a<|im_end|>b')).filter(isControl), tokenizer.encodeChat(user('a')).filter(isControl))
  })

  it('comes from the model\'s own template, with the names that templates may use', () => {
    const text = withTemplate('{{ bos_token }}{% for m in messages %}{{ loop.index0 }}{{ m.role | upper }}:{{ m["content"].strip() }};{% endfor %}' +
      '{% if tools is none and documents is none %}{% for i in range(1, 4) %}{{ i }}{% endfor %}{% endif %}{% if add_generation_prompt %}A{% endif %}')
    assert.equal(text.decode(text.encodeChat([{ role: 'system', content: ' x ' }, { role: 'user', content: 'y' }])), '0SYSTEM:x;1USER:y;123A')
  })

  for (const [what, template] of [
    ['raises', '{{ raise_exception("only one turn") }}'],
    ['is no Jinja', '{% for'],
    ['calls what is not there', '{{ messages.nothing() }}'],
    ['counts without end', '{% for a in range(60000) %}{% for b in range(60000) %}{% for c in range(60000) %}{% endfor %}{% endfor %}{% endfor %}'],
    ['asks for an endless range', '{{ range(10 ** 12) }}'],
    ['asks for a range without steps', '{{ range(1, 2, 0) }}'],
    ['doubles a text for ever', '{% set ns = namespace(x="ab") %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}'],
    ['doubles a list for ever', '{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}'],
    ['works on a large text again and again', '{% set x = range(60000) | join("abcdefgh") %}{% for i in range(60000) %}{% set y = x | upper %}{% endfor %}'],
    ['calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}']
  ] as const) {
    it(`is refused as a wrong request where the template ${what}`, () => {
      assert.throws(() => withTemplate(template).encodeChat(user('Hi')), TemplateError)
    }).timeout(10_000)
  }

  it('has room for a thousand long turns', () => {
    const turns = Array.from({ length: 1000 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: 'word '.repeat(200) }))
    assert.equal(tokenizer.encodeChat(turns).filter(isControl).length, 2 * turns.length + 1)
  }).timeout(20_000)

  it('is refused where there is no template', () => {
    assert.throws(() => tiny({ chatTemplate: null }).encodeChat(user('Hi')), (error) => error instanceof TemplateError && error.message.includes('--raw'))
  })
})

/**
 * `--join A B` means `--join A --join B`, while `--join A "a question"` does not eat the question: only what looks like an
 * address belongs to the option before it.
 */
const lists = new Set(['--join', '--listen', '--announce'])

const isAddress = (text: string): boolean => /^(shoal1|\/(ip4|ip6|dns|dns4|dns6|dnsaddr|p2p)\/)/.test(text)

export function repeatLists (args: readonly string[]): string[] {
  let list: string | undefined
  let values = 0
  return args.flatMap((arg) => {
    if (lists.has(arg)) {
      list = arg
      values = 0
      return [arg]
    }
    if (list != null && values++ > 0 && isAddress(arg)) return [list, arg]
    if (values > 1 || arg.startsWith('-')) list = undefined
    return [arg]
  })
}

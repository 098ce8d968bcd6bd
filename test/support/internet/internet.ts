/**
 * A small internet of this machine's own, in network namespaces: public machines, each in a network of its own, behind one
 * core router that knows no private address; and a home whose machines share a switch and reach the rest through a
 * router that translates addresses. What runs in it are the real programs over the kernel's real sockets.
 *
 *     public 45.1.1.2 ──┐
 *     public 93.1.1.2 ──┼── core ── gate (81.2.69.2, masquerades) ── switch 192.168.1.0/24 ── home machines
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../shoal.ts'

/** Why this machine can't have one; undefined where it can. */
export function noInternet (): string | undefined {
  const build = 'mount -t tmpfs tmpfs /run && ip netns add a && ip link add name b type bridge && ip link add c type veth peer name d && "$@"'
  const probe = spawnSync('unshare', ['-Urnm', 'sh', '-c', build, 'sh', ...script('masquerade.ts')], { cwd: root, encoding: 'utf8' })
  return probe.status === 0 ? undefined : `no network namespaces here: ${(probe.error?.message ?? probe.stderr).trim().split('\n')[0] ?? ''}`
}

export const GATE_ADDRESS = '81.2.69.2'

export interface Internet {
  /** What to put before a command so that it runs on that machine. */
  at (machine: string): string[]
  /** Runs one of this folder's programs on a machine, until the end; resolves with the first line that it prints. */
  program (machine: string, command: readonly string[]): Promise<string>
  /** The ports that the home's router said to have opened. */
  opened (): readonly number[]
  stop (): Promise<void>
}

export interface InternetInit {
  /** Name and public addresses of each machine: `{ lima: ['45.1.1.2'] }`; each address in a /24 of its own. */
  readonly public?: Readonly<Record<string, readonly string[]>>
  /** Name and address of each machine in the home: `{ attic: '192.168.1.2' }`. */
  readonly home?: Readonly<Record<string, string>>
  /** The home's router opens ports for those who ask by UPnP. @default false */
  readonly upnp?: boolean
  /** Ports that it says to have opened, and has not. */
  readonly shut?: readonly number[]
}

export async function internet ({ public: machines = {}, home = {}, upnp = false, shut = [] }: InternetInit): Promise<Internet> {
  // cat ends with this process, whose end of its standard input goes; the namespaces end with the last process in them
  const core = spawn('unshare', ['-Urnm', 'sh', '-c', 'mount -t tmpfs tmpfs /run && echo ready && exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  await firstLine(core)
  const inCore = ['nsenter', '-t', String(core.pid), '-U', '-m', '-n', '--preserve-credentials', `--wd=${root}`]
  const at = (machine: string): string[] => [...inCore, 'ip', 'netns', 'exec', machine]
  const children: ChildProcess[] = []
  const opened: number[] = []
  const program = async (machine: string, [name = '', ...args]: readonly string[], onLine?: (line: string) => void): Promise<string> => {
    const [command = '', ...rest] = [...at(machine), ...script(name), ...args]
    const child = spawn(command, rest, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    return await firstLine(child, onLine)
  }
  const stop = async (): Promise<void> => {
    for (const child of [...children, core]) {
      child.kill('SIGKILL')
      if (child.exitCode == null && child.signalCode == null) await once(child, 'exit')
    }
  }
  try {
    run([...inCore, 'sh', '-ec', [
      'ip link set lo up',
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      ...Object.entries(machines).flatMap(([name, addresses]) => publicMachine(name, addresses)),
      ...publicMachine('gate', [GATE_ADDRESS]),
      'ip netns exec gate sh -c "echo 1 > /proc/sys/net/ipv4/ip_forward"',
      'ip -n gate link add switch type bridge',
      'ip -n gate address add 192.168.1.1/24 dev switch',
      'ip -n gate link set switch up',
      ...Object.entries(home).flatMap(([name, address]) => homeMachine(name, address))
    ].join('\n')])
    run([...at('gate'), ...script('masquerade.ts')])
    if (upnp) {
      await program('gate', ['home-router.ts', GATE_ADDRESS, '192.168.1.1', ...shut.map(String)], (line) => opened.push(Number(line)))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    at,
    stop,
    program,
    opened: () => opened
  }
}

function script (name: string): string[] {
  return [process.execPath, '--import', 'tsx', join(root, 'test', 'support', 'internet', name)]
}

const gatewayOf = (address: string): string => address.replace(/\d+$/, '1')

/** A machine's own side of its network. */
const connected = (name: string, [first = '', ...more]: readonly string[]): string[] => [
  ...[first, ...more].map((address) => `ip -n ${name} address add ${address}/24 dev eth0`),
  `ip -n ${name} link set lo up`,
  `ip -n ${name} link set eth0 up`,
  `ip -n ${name} route add default via ${gatewayOf(first)}`
]

const publicMachine = (name: string, addresses: readonly string[]): string[] => [
  `ip netns add ${name}`,
  `ip link add ${name} type veth peer name eth0 netns ${name}`,
  ...addresses.map((address) => `ip address add ${gatewayOf(address)}/24 dev ${name}`),
  `ip link set ${name} up`,
  ...connected(name, addresses)
]

const homeMachine = (name: string, address: string): string[] => [
  `ip netns add ${name}`,
  `ip -n gate link add ${name} type veth peer name eth0 netns ${name}`,
  `ip -n gate link set ${name} master switch up`,
  ...connected(name, [address])
]

function run ([command = '', ...args]: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) {
    throw new Error(`the test's network could not be built: ${stderr}${stdout}`)
  }
}

async function firstLine (child: ChildProcess, onLater: (line: string) => void = () => { /* it says no more */ }): Promise<string> {
  if (child.stdout == null) throw new Error('no standard output')
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => { throw new Error('a part of the test\'s network ended before it was ready') })
  ]) as [string]
  lines.on('line', onLater)
  return line
}

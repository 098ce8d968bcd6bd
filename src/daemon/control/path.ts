/** Where the daemon of a data folder listens for the commands on its machine. */
import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

/** `sockaddr_un` has 104 bytes on macOS and the BSDs, 108 on Linux, a zero among them. */
const MAX_SOCKET_BYTES = 103

export interface Place {
  readonly platform: NodeJS.Platform
  /** The data folder, absolute. */
  readonly folder: string
  readonly temporary: string
  /** -1 on Windows. */
  readonly uid: number
}

export interface ControlPath {
  readonly path: string
  /** To be made for this user alone, where the data folder's own path is too long for a socket. */
  readonly privateFolder?: string
}

/** Pure. */
export function controlPathOf ({ platform, folder, temporary, uid }: Place): ControlPath {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  if (platform === 'win32') return { path: `\\\\.\\pipe\\shoal-${hash}` }
  const path = join(folder, 'control.sock')
  if (Buffer.byteLength(path) <= MAX_SOCKET_BYTES) return { path }
  const short = [temporary, '/tmp'].map((place) => join(place, `shoal-${uid}`)).find((place) => Buffer.byteLength(join(place, `${hash}.sock`)) <= MAX_SOCKET_BYTES)
  const privateFolder = short ?? join('/tmp', `shoal-${uid}`)
  return { path: join(privateFolder, `${hash}.sock`), privateFolder }
}

/** The path, in a folder that is there and nobody else's. @throws where somebody else made that folder */
export async function controlPath (folder: string): Promise<string> {
  const { uid } = userInfo()
  const { path, privateFolder } = controlPathOf({ platform: process.platform, folder: resolve(folder), temporary: tmpdir(), uid })
  if (privateFolder != null) {
    await mkdir(privateFolder, { recursive: true, mode: 0o700 })
    const found = await lstat(privateFolder)
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
      throw new Error(`${privateFolder} is not this user's alone: remove it, or use a data folder with a shorter path`)
    }
  }
  return path
}

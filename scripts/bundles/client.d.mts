import type { Metafile, OutputFile } from 'esbuild'

export interface BundleInit {
  /** The repository's folder. */
  readonly root: string
  /** Where the built package goes. Nothing is written there. */
  readonly dist: string
  /** Warnings are not told. */
  readonly quiet: boolean
}

export function clientBundle (init: BundleInit): Promise<{ readonly outputFiles: readonly OutputFile[], readonly metafile: Metafile }>

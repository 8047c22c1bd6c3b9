// The files that PGlite is made of. The compiled executable carries them; from source they are read
// where the package manager put them.

import dataPath from '../../../node_modules/@electric-sql/pglite/dist/pglite.data' with { type: 'file' }
import wasmPath from '../../../node_modules/@electric-sql/pglite/dist/pglite.wasm' with { type: 'file' }

export type Assets = { wasm: WebAssembly.Module; bundle: Blob }

/** Compiles PostgreSQL. The second half is read by PGlite itself, once. */
export async function loadAssets(): Promise<Assets> {
  return {
    wasm: await WebAssembly.compile(await Bun.file(wasmPath).arrayBuffer()),
    bundle: Bun.file(dataPath),
  }
}

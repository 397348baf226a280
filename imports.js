/**
 * Who may import whom. A folder may always import itself; the linter refuses everything that is not listed.
 * A value that ends in `.ts` allows that one file, so that a part can be implemented without knowing its user.
 */
export const allowed = {
  contracts: [],
  detectors: ['contracts'],
  room: ['contracts', 'detectors'],
  access: ['contracts'],
  cases: ['contracts'],
  enforcement: ['contracts'],
  config: [],
  store: [
    'contracts',
    'access/ports.ts',
    'cases/ports.ts',
    'enforcement/ports.ts',
    'ingest/ports.ts',
    'workers/ports.ts',
    'config/config.ts',
  ],
  bus: ['contracts', 'enforcement/ports.ts', 'ingest/ports.ts', 'workers/ports.ts'],
  ingest: ['contracts', 'store', 'bus'],
  workers: ['contracts', 'detectors', 'room', 'enforcement', 'store', 'bus'],
  ws: ['contracts', 'ingest', 'access', 'cases', 'enforcement', 'store', 'bus'],
  api: ['contracts', 'ingest', 'access', 'cases', 'enforcement', 'store', 'bus', 'detectors'],
}

/** `cli/`, `app.ts`, `main.ts` and `service-health.ts` compose and have no line above: they may import all of `src/`, and `sdk/`. */
export const zones = [
  ...Object.entries(allowed).map(([folder, others]) => ({
    target: `./src/${folder}`,
    from: './src',
    except: [folder, ...others].map((path) => `./${path}`),
    message: `src/${folder} may import only: ${[folder, ...others].join(', ')} (imports.js).`,
  })),
  ...Object.keys(allowed).map((folder) => ({
    target: `./src/${folder}`,
    from: './sdk',
    message: 'Only src/cli and src/app.ts use the SDK (imports.js).',
  })),
  { target: './sdk', from: './src', except: ['./contracts'], message: 'The SDK holds no server code.' },
  { target: './web', from: './src', except: ['./contracts'], message: 'The console knows contracts and the SDK only.' },
]

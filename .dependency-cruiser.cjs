// Imports go one way only: domain <- kit, dfns, store <- app <- features <- doors <- worker. The sandbox and the slices
// stand alone. Parsed with swc: without it this tool cannot read the compiler in use and finds nothing (ADR 1).
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    only('domain-is-pure', '^src/domain/', '^src/domain/', 'domain imports nothing of the rest'),
    {
      name: 'domain-libraries',
      comment: 'codecs and calendars, nothing with effects (ADR 6)',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: 'node_modules', pathNot: 'node_modules/(viem|croner|@scure/base)/' },
    },
    only('printer-draws', '^src/printer/', '^src/printer/', 'the PDF library knows nothing of ours'),
    only('kit-is-generic', '^src/kit/', '^src/(kit|domain)/', 'kit knows neither store nor app'),
    only('dfns-holds-no-secret', '^src/dfns/', '^src/(dfns|domain)/', 'dfns takes a credential and holds none'),
    only('store-is-d1-only', '^src/store/', '^src/(store|domain)/', 'store speaks domain types'),
    only(
      'env-is-settings',
      '^src/env\\.ts',
      '^src/(env\\.ts|domain/|kit/settings\\.ts)',
      'settings stand on nothing but what the settings of every Worker have in common',
    ),
    only('app-below-features', '^src/app/', '^src/(app|kit|dfns|store|domain)/|^src/env\\.ts', 'app knows no feature'),
    {
      name: 'slices-never-import-slices',
      severity: 'error',
      from: { path: '^src/features/([^/]+)/' },
      to: { path: '^src/features/', pathNot: '^src/features/$1/' },
    },
    only(
      'features-below-doors',
      '^src/features/',
      '^src/(features|app|kit|dfns|store|domain|printer)/|^src/env\\.ts',
      'features know no door',
    ),
    only(
      'doors-below-worker',
      '^src/doors/',
      '^src/(doors|features|app|kit|dfns|store|domain)/|^src/env\\.ts',
      'doors do not know the worker',
    ),
    only(
      'checker-holds-its-own',
      '^src/checker/',
      '^src/(checker|domain|dfns|kit)/',
      'the checker shares rules and custody with the product, never its records or its credential (ADR 4)',
    ),
    {
      name: 'nothing-imports-the-checker',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/checker/' },
      to: { path: '^src/checker/' },
    },
    only(
      'sandbox-stands-alone',
      '^src/sandbox/',
      '^src/sandbox/',
      'a double built from our belief would confirm our mistakes',
    ),
    {
      name: 'nothing-imports-the-sandbox',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/sandbox/' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: {
        circular: true,
        dependencyTypesNot: ['dynamic-import'],
        viaOnly: { dependencyTypesNot: ['dynamic-import', 'type-only'] },
      },
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['workerd', 'import', 'require', 'default'], exportsFields: ['exports'] },
  },
};

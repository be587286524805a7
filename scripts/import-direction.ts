// Runs dependency-cruiser over a folder. It must have read something: a tool that finds no modules finds no violations.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';

interface Cruised {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** What is wrong, in lines; undefined when nothing is. */
export function importProblems(folder: string, config = '.dependency-cruiser.cjs'): string | undefined {
  const { stdout, stderr, error } = spawnSync(
    'node_modules/.bin/depcruise',
    ['--config', config, '--output-type', 'json', folder],
    {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  if (error !== undefined || stdout === '') return `dependency-cruiser did not run: ${error?.message ?? stderr}`;
  const { summary }: Cruised = JSON.parse(stdout);
  if (summary.totalCruised === 0) return 'dependency-cruiser read no modules, so it proves nothing';
  const lines = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** Where the store may not be imported, and the rule that says so. */
const planted = { 'src/domain': 'domain-is-pure', 'src/checker': 'checker-holds-its-own' };

/** A violation planted on purpose must be found, or the check proves nothing. */
export function plantedViolationProblem(): string | undefined {
  // Inside the project, so that the rules see the same paths and the same compiler options.
  const folders = Object.keys(planted).map((folder) => mkdtempSync(`${folder}/planted-`));
  try {
    for (const folder of folders)
      writeFileSync(`${folder}/planted.ts`, "export { commit } from '../../store/commit.ts';\n");
    const problems = importProblems('src') ?? '';
    const missed = Object.values(planted).filter((rule) => !problems.includes(rule));
    return missed.length === 0 ? undefined : `a planted import of the store was not found by ${missed.join(', ')}`;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

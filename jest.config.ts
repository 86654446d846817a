import type { Config } from 'jest';

const transform: Config['transform'] = {
  '^.+\\.[cm]?[jt]s$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }
  ]
};

/** The levels of the suite: pure logic, and whole programs on the local IC and anvil. */
const level = (name: string): NonNullable<Config['projects']>[number] => ({
  displayName: name,
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform,
  // Packages published as ESM only; jest loads CommonJS.
  transformIgnorePatterns: ['^(?!.*/node_modules/(@icp-sdk|@dfinity/vetkeys)/).*/node_modules/'],
  // It names no entry point for CommonJS at all.
  moduleNameMapper: { '^@dfinity/vetkeys$': '<rootDir>/node_modules/@dfinity/vetkeys/dist/lib/index.es.js' }
});

const config: Config = {
  projects: [level('unit'), level('integration'), level('conformance')],
  testTimeout: 120_000
};

export default config;

import type { Config } from 'jest';

const transform: Config['transform'] = {
  '^.+\\.[cm]?[jt]s$': [
    '@swc/jest',
    { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } }
  ]
};

/** The three levels of the suite: pure logic, whole programs on the local IC and anvil, the browser. */
const level = (name: string, testTimeout: number): NonNullable<Config['projects']>[number] => ({
  displayName: name,
  rootDir: '.',
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform,
  // Packages published as ESM only; jest loads CommonJS.
  transformIgnorePatterns: ['^(?!.*/node_modules/@icp-sdk/).*/node_modules/'],
  testTimeout
});

const config: Config = {
  projects: [level('unit', 60_000), level('integration', 300_000)]
};

export default config;

// `npm run conformance`: the checks of test/conformance/README.md on the local Internet Computer, or on the network at
// CONFORMANCE_URL. Ends with `N passed, N failed`. Arguments go to jest, such as `-t '\[13\]'`.
import { ensureInstalled } from './bootstrap.mjs';
import { runJest } from './jest-run.mjs';

/** The checks of the `icp` command start networks of their own, so they say nothing of a running one. */
const ICP_CHECKS = 'test/integration/clients/icp-(command|network-launcher)';

const given = process.argv.slice(2);
const isWhole = given.length === 0 && process.env.CONFORMANCE_URL === undefined;
const selection = isWhole
  ? ['conformance', 'integration', '--testPathPatterns', 'test/conformance/', ICP_CHECKS]
  : ['conformance', ...given];

ensureInstalled();
process.exit(runJest(['--selectProjects', ...selection]));

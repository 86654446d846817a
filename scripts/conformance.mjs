// `npm run conformance`: the checks of test/conformance/README.md on the local Internet Computer, or on the network at
// CONFORMANCE_URL. Ends with `N passed, N failed`. Arguments go to jest, such as `-t '\[13\]'`.
import { ensureInstalled } from './bootstrap.mjs';
import { runJest } from './jest-run.mjs';

ensureInstalled();
process.exit(runJest(['--selectProjects', 'conformance', ...process.argv.slice(2)]));

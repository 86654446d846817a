// `npm run build [-- [--plain] [names]]`: installs when needed, builds canisters, writes their declarations.
import { ensureInstalled, runTypeScript } from './bootstrap.mjs';

const args = process.argv.slice(2);
ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', args);
process.exit(built !== 0 ? built : runTypeScript('scripts/generate-declarations.ts', args));

// `npm run build [-- [--plain] [names]]`: installs when needed, builds canisters, writes their declarations.
import { ensureInstalled, runTypeScript } from './bootstrap.mjs';
import { takePlainFlag } from './plain-flag.mjs';

const names = takePlainFlag(process.argv.slice(2));
ensureInstalled();
const built = runTypeScript('scripts/build-canisters.ts', names);
process.exit(built !== 0 ? built : runTypeScript('scripts/generate-declarations.ts', names));

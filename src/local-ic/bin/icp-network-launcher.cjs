#!/usr/bin/env node
// For ICP_CLI_NETWORK_LAUNCHER_PATH: runs launcher.ts as it is, whatever folder the icp command runs in.
const { join } = require('node:path');

process.env.TS_NODE_PROJECT ??= join(__dirname, '../../../tsconfig.json');
require('ts-node/register');
require('../launcher.ts');

#!/usr/bin/env node
// For npx: runs main.ts as it is, whatever folder it is started in.
const { join } = require('node:path');

process.env.TS_NODE_PROJECT ??= join(__dirname, '../../../tsconfig.json');
require('ts-node/register');
require('../main.ts');

/** The JavaScript agents that applications use, three generations of them, under one type: they agree on what tests need. */
import * as dfinityAgent from '@dfinity/agent';
import * as dfinityCandid from '@dfinity/candid';
import * as dfinityIdentity from '@dfinity/identity';
import * as dfinitySecp256k1 from '@dfinity/identity-secp256k1';
import * as dfinityPrincipal from '@dfinity/principal';
import * as core6Agent from '@icp-sdk/core/agent';
import * as core6Candid from '@icp-sdk/core/candid';
import * as core6Identity from '@icp-sdk/core/identity';
import * as core6Secp256k1 from '@icp-sdk/core/identity/secp256k1';
import * as core6Principal from '@icp-sdk/core/principal';
import * as core5Agent from 'icp-sdk-core-5/agent';
import * as core5Candid from 'icp-sdk-core-5/candid';
import * as core5Identity from 'icp-sdk-core-5/identity';
import * as core5Secp256k1 from 'icp-sdk-core-5/identity/secp256k1';
import * as core5Principal from 'icp-sdk-core-5/principal';

export type AgentLibrary = {
  readonly name: string;
  /** Path version of its synchronous calls. */
  readonly callVersion: 'v3' | 'v4';
  readonly agent: typeof core6Agent;
  readonly candid: typeof core6Candid;
  readonly identity: typeof core6Identity;
  readonly secp256k1: typeof core6Secp256k1;
  readonly principal: typeof core6Principal;
};

/** The packages declare the same types apart from each other. */
const asLibrary = (library: object): AgentLibrary => library as AgentLibrary;

export const AGENT_LIBRARIES: readonly AgentLibrary[] = [
  asLibrary({
    name: '@dfinity/agent 3.4.3',
    callVersion: 'v3',
    agent: dfinityAgent,
    candid: dfinityCandid,
    identity: dfinityIdentity,
    secp256k1: dfinitySecp256k1,
    principal: dfinityPrincipal
  }),
  asLibrary({
    name: '@icp-sdk/core 5.4.0',
    callVersion: 'v4',
    agent: core5Agent,
    candid: core5Candid,
    identity: core5Identity,
    secp256k1: core5Secp256k1,
    principal: core5Principal
  }),
  asLibrary({
    name: '@icp-sdk/core 6.1.0',
    callVersion: 'v4',
    agent: core6Agent,
    candid: core6Candid,
    identity: core6Identity,
    secp256k1: core6Secp256k1,
    principal: core6Principal
  })
];

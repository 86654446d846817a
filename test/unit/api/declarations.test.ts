/** The committed declarations, made from the built Wasm, say what the tables of src/api say: for callers in both directions. */
import { IDL } from '@dfinity/candid';
import {
  idlFactory as domainsFactory,
  init as domainsInit
} from '../../../declarations/domains/domains.did.js';
import {
  idlFactory as signerFactory,
  init as signerInitTypes
} from '../../../declarations/signer/signer.did.js';
import { domainsMethods } from '../../../src/api/domains-idl';
import { signerInit, signerMethods } from '../../../src/api/signer-idl';
import { transformMethod } from '../../../src/canisters/domains/ask-providers';
import { serviceIdl } from '../../../src/sdk/client';

const canisters = {
  signer: {
    built: signerFactory({ IDL }),
    table: serviceIdl(signerMethods),
    builtInit: signerInitTypes({ IDL }),
    init: signerInit as readonly IDL.Type[]
  },
  domains: {
    built: domainsFactory({ IDL }),
    // The management canister calls it, so it is no part of what clients are promised.
    table: serviceIdl({ ...domainsMethods, transform: transformMethod }),
    builtInit: domainsInit({ IDL }),
    init: [] as readonly IDL.Type[]
  }
};

/** Names of recursive types are counted up as they are made: they are no part of the type. */
const methodTexts = (service: IDL.ServiceClass): [string, string][] =>
  service._fields.map(([name, method]) => [name, method.display().replaceAll(/rec_\d+/g, 'rec')]);

describe.each(Object.entries(canisters))('declarations of %s', (_, { built, table, builtInit, init }) => {
  it('have the methods of the table, with equal types', () => {
    expect(methodTexts(built)).toEqual(methodTexts(table));
    expect(IDL.subtype(built, table) && IDL.subtype(table, built)).toBe(true);
  });

  it('have the modes of the table', () => {
    const modes = (service: IDL.ServiceClass): [string, string[]][] =>
      service._fields.map(([name, method]) => [name, method.annotations]);
    expect(modes(built)).toEqual(modes(table));
  });

  it('start with the same arguments', () => {
    expect(builtInit).toHaveLength(init.length);
    expect(builtInit.map((type) => type.display())).toEqual(init.map((type) => type.display()));
  });
});

describe('the comparison', () => {
  it('tells a table with another type or method from what was built', () => {
    const { built } = canisters.signer;
    const { account, ...rest } = signerMethods;
    const [params, result] = account;

    expect(methodTexts(serviceIdl(rest))).not.toEqual(methodTexts(built));
    for (const changed of [
      [[IDL.Text], result, 'query'],
      [params, IDL.Opt(result), 'query']
    ] as const) {
      expect(methodTexts(serviceIdl({ ...rest, account: changed }))).not.toEqual(methodTexts(built));
    }
  });
});

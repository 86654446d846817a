/** The Candid messages of the canisters. */
import { type IDL } from '@dfinity/candid';
import { domainsMethods } from '../../../../src/api/domains-idl';
import { signerMethods } from '../../../../src/api/signer-idl';
import { transformMethod } from '../../../../src/canisters/domains/ask-providers';
import * as management from '../../../../src/canisters/runtime/management-idl';

type Message = readonly [name: string, types: readonly IDL.Type[]];
type Method = readonly [params: readonly IDL.Type[], result: IDL.Type, mode: string];

const methods: Readonly<Record<string, Method>> = {
  ...domainsMethods,
  ...signerMethods,
  transform: transformMethod
};

/** Name and types of every message that they take, send or answer. */
export const messages: readonly Message[] = [
  ...Object.entries(methods).flatMap(([name, [params, result]]): Message[] => [
    [`arguments of ${name}`, params],
    [`reply of ${name}`, [result]]
  ]),
  ...Object.entries(management).map(([name, type]): Message => [name, [type]])
];

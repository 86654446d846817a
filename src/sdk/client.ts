/**
 * Typed actors for the `signer` and `domains` canisters, made from the interface tables of `src/api`.
 *
 * Queries answered by one node are only for display: whatever is acted on goes through updates, whose certified
 * replies `@dfinity/agent` verifies, or carries its own proof.
 */
import { Actor, HttpAgent, type Identity } from '@dfinity/agent';
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { type DomainsService, domainsMethods } from '../api/domains-idl';
import { type SignerService, signerMethods } from '../api/signer-idl';

type MethodTable = Readonly<Record<string, readonly [readonly IDL.Type[], IDL.Type, 'query' | 'update']>>;

/** `certified`: call queries as updates, so that the subnet agrees on and signs the answer. Slower, and worth acting on. */
export type ReadOptions = { readonly certified?: boolean };

/** The Candid service of a method table. */
export function serviceIdl(methods: MethodTable, { certified = false }: ReadOptions = {}): IDL.ServiceClass {
  return IDL.Service(
    Object.fromEntries(
      Object.entries(methods).map(([name, [[first, ...rest], result, mode]]) => [
        name,
        IDL.Func(
          first === undefined ? [] : [first, ...rest],
          [result],
          mode === 'query' && !certified ? ['query'] : []
        )
      ])
    )
  );
}

/** Where a network is, and as whom to speak to it. `fetchRootKey` trusts whoever answers: development networks only. */
export type ConnectOptions = {
  readonly host: string;
  readonly identity?: Identity;
  readonly fetchRootKey?: boolean;
};

/** An agent that verifies certificates and query signatures. @throws when `fetchRootKey` is set and the host is down. */
export async function connectAgent(options: ConnectOptions): Promise<HttpAgent> {
  return HttpAgent.create({
    host: options.host,
    shouldFetchRootKey: options.fetchRootKey ?? false,
    verifyQuerySignatures: true,
    ...(options.identity === undefined ? {} : { identity: options.identity })
  });
}

/** Which canister, and how to read from it. */
export type ClientOptions = ReadOptions & { readonly canisterId: Principal };

/** The `signer` canister as typed methods. */
export function createSignerClient(agent: HttpAgent, options: ClientOptions): SignerService {
  const { canisterId } = options;
  return Actor.createActor<SignerService>(() => serviceIdl(signerMethods, options), { agent, canisterId });
}

/** The `domains` canister as typed methods. */
export function createDomainsClient(agent: HttpAgent, options: ClientOptions): DomainsService {
  const { canisterId } = options;
  return Actor.createActor<DomainsService>(() => serviceIdl(domainsMethods, options), { agent, canisterId });
}

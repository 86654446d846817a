/** Puts code on the network without an agent, for tests: no signature, no size limit of requests. */
import { randomBytes } from 'node:crypto';
import { IDL } from '@dfinity/candid';
import { Principal } from '@dfinity/principal';
import { MANAGEMENT_METHODS } from './management/management-idl';
import { decodeCandid } from './protocol/candid-decoding';
import { type ReplicaPort } from './replica/replica-port';

export type Installation = {
  /** Wasm, or Wasm in gzip. */
  readonly wasmModule: Uint8Array;
  /** Candid of the arguments of `init` or `post_upgrade`; of none by default. */
  readonly arg?: Uint8Array;
};

export type NewCanister = Installation & {
  /** Principals in text or as objects; by default the anonymous one, which is an agent without an identity. */
  readonly controllers?: readonly (Principal | string)[];
  /** 100 T cycles by default. */
  readonly cycles?: bigint;
};

export type InstalledCanister = Installation & {
  readonly canisterId: Principal | string;
  /** `upgrade` by default. */
  readonly mode?: 'install' | 'reinstall' | 'upgrade';
};

type Call = {
  readonly method: 'provisional_create_canister_with_cycles' | 'install_code';
  readonly sender: Principal;
  readonly effectiveCanisterId: Principal;
  readonly arg: Uint8Array;
};

/** Optional fields that are left out are null. */
const CREATION = IDL.Record({
  amount: IDL.Opt(IDL.Nat),
  settings: IDL.Opt(IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) }))
});

const MANAGEMENT = new Uint8Array(0);
const NO_ARGUMENTS = new Uint8Array(IDL.encode([], []));
const REQUEST_ID_BYTES = 32;
const EXPIRY_NS = 300_000_000_000n;
const WAIT_MS = 300_000;

/** The id of a new canister with code. @throws Error with the error code and text of a rejection. */
export async function installCanister(replica: ReplicaPort, canister: NewCanister): Promise<Principal> {
  const { controllers = [Principal.anonymous()], cycles } = canister;
  const [controller = Principal.anonymous(), ...others] = controllers.map((id) => Principal.from(id));
  const canisterId = await createCanister(replica, [controller, ...others], cycles);
  await installCode(replica, { ...canister, canisterId, mode: 'install' }, controller);
  return canisterId;
}

/** Other code in a canister, as its first controller. @throws Error with the error code and text of a rejection. */
export async function replaceCode(replica: ReplicaPort, canister: InstalledCanister): Promise<void> {
  const [controller] =
    replica.canister(Principal.from(canister.canisterId).toUint8Array())?.controllers ?? [];
  if (!controller) throw new Error(`${String(canister.canisterId)} is no canister with a controller`);
  await installCode(replica, canister, Principal.fromUint8Array(controller));
}

async function createCanister(
  replica: ReplicaPort,
  controllers: readonly Principal[],
  cycles: bigint | undefined
): Promise<Principal> {
  const method = 'provisional_create_canister_with_cycles';
  const creation = {
    amount: cycles === undefined ? [] : [cycles],
    settings: [{ controllers: [controllers] }]
  };
  const reply = await call(replica, {
    method,
    sender: Principal.anonymous(),
    effectiveCanisterId: Principal.managementCanister(),
    arg: new Uint8Array(IDL.encode([CREATION], [creation]))
  });
  const [created] = decodeCandid(MANAGEMENT_METHODS[method].result, reply);
  return (created as { readonly canister_id: Principal }).canister_id;
}

async function installCode(
  replica: ReplicaPort,
  { canisterId, wasmModule, arg = NO_ARGUMENTS, mode = 'upgrade' }: InstalledCanister,
  sender: Principal
): Promise<void> {
  const effectiveCanisterId = Principal.from(canisterId);
  const method = 'install_code';
  const installation = {
    mode: mode === 'upgrade' ? { upgrade: [] } : { [mode]: null },
    canister_id: effectiveCanisterId,
    wasm_module: wasmModule,
    arg,
    sender_canister_version: []
  };
  const encoded = new Uint8Array(IDL.encode([...MANAGEMENT_METHODS[method].argument], [installation]));
  await call(replica, { method, sender, effectiveCanisterId, arg: encoded });
}

async function call(
  replica: ReplicaPort,
  { method, sender, effectiveCanisterId, arg }: Call
): Promise<Uint8Array> {
  const requestId = new Uint8Array(randomBytes(REQUEST_ID_BYTES));
  const answer = replica.submit({
    requestId,
    sender: sender.toUint8Array(),
    canisterId: MANAGEMENT,
    effectiveCanisterId: effectiveCanisterId.toUint8Array(),
    methodName: method,
    arg,
    ingressExpiryNs: replica.timeNs() + EXPIRY_NS
  });
  if (!answer.accepted) throw new Error(`${answer.errorCode} ${answer.rejectMessage}`);
  const status = await replica.waitFor(requestId, WAIT_MS);
  if (status?.status === 'rejected') throw new Error(`${status.errorCode} ${status.rejectMessage}`);
  if (status?.status !== 'replied') throw new Error(`${method} is ${status?.status ?? 'not answered'}`);
  return status.reply;
}

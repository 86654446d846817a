import { Principal } from '@dfinity/principal';
import { decode } from '@dfinity/cbor';
import { type CanisterId, decodeCertificate, type HttpAnswer, type Path } from './client';
import { type Identity } from './identities';
import { type TestNetwork } from './network';

/** The subnet of a canister: the one its certificates are delegated to, else the root subnet. */
export async function subnetOf(network: TestNetwork, canisterId: CanisterId): Promise<Principal> {
  const certificate = await network.client.readState(canisterId, [['time']]);
  const { delegation } = decodeCertificate(certificate);
  return delegation
    ? Principal.fromUint8Array(delegation.subnet_id)
    : Principal.selfAuthenticating(network.rootKey);
}

/** Asks `/api/v3/subnet/<id>/read_state`. */
export function readSubnetState(
  network: TestNetwork,
  subnetId: Principal,
  paths: readonly Path[],
  identity?: Identity
): Promise<HttpAnswer> {
  const content = network.client.readStateContent(paths);
  return network.client.send('v3 subnet read_state', subnetId, content, identity ? { identity } : {});
}

export type Range = readonly [low: string, high: string];

/** Ranges of canister ids, each end as hexadecimal digits. */
export function decodeRanges(value: Uint8Array): Range[] {
  return decode<[Uint8Array, Uint8Array][]>(value).map(([low, high]) => [hex(low), hex(high)]);
}

export const isInRanges = (id: Uint8Array, ranges: readonly Range[]): boolean =>
  ranges.some(([low, high]) => low <= hex(id) && hex(id) <= high);

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

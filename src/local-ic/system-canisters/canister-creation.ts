/** How canisters are created for those who pay in tokens: by the cycles minting canister, on this subnet. */
import { IDL } from '@dfinity/candid';
import { type Principal } from '@dfinity/principal';
import { MANAGEMENT_METHODS } from '../management/management-idl';
import { equalBytes } from '../protocol/byte-order';
import { decodeCandid } from '../protocol/candid-decoding';
import { type SystemCanisterHost } from '../replica/system-canister';
import {
  CanisterSettings,
  type CreateCanisterArgsWire,
  type SettingsWire,
  type SubnetSelectionWire
} from './cycles-minting-idl';
import { CYCLES_MINTING_ID } from './system-canister-ids';

export type CreatedCanister =
  { readonly kind: 'created'; readonly id: Principal } | { readonly kind: 'failed'; readonly reason: string };

/** The type of subnet this network says it is. */
export const SUBNET_TYPE = 'application';

/**
 * A canister with `cycles`, less the fee of creation; its controller is `creator` unless the settings name others.
 * When it fails, all cycles are still the payer's.
 */
export function createCanister(
  host: SystemCanisterHost,
  creator: Principal,
  { settings: [settings], subnet_selection: [selection] }: CreateCanisterArgsWire,
  cycles: bigint
): CreatedCanister {
  if (selection && !isThisSubnet(host, selection)) {
    return { kind: 'failed', reason: 'No subnet of this network fits the subnet selection' };
  }
  const arg = settings
    ? encodeCreation(CanisterSettings, { ...settings, controllers: controllersOf(settings, creator) })
    : encodeCreation(ControllersOnly, { controllers: [[creator]] });
  const { outcome } = host.callManagement({
    caller: CYCLES_MINTING_ID.toUint8Array(),
    methodName: 'create_canister',
    arg,
    cycles
  });
  if (outcome.kind === 'rejected') return { kind: 'failed', reason: outcome.rejectMessage };
  const [created] = decodeCandid(MANAGEMENT_METHODS.create_canister.result, outcome.reply);
  // Candid decoded by the method's own types.
  return { kind: 'created', id: (created as { readonly canister_id: Principal }).canister_id };
}

const ControllersOnly = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });

function encodeCreation(settingsType: IDL.Type, settings: object): Uint8Array {
  return new Uint8Array(
    IDL.encode([IDL.Record({ settings: IDL.Opt(settingsType) })], [{ settings: [settings] }])
  );
}

function controllersOf({ controllers }: SettingsWire, creator: Principal): readonly [readonly Principal[]] {
  return [controllers[0] ?? [creator]];
}

function isThisSubnet({ subnetId }: SystemCanisterHost, selection: SubnetSelectionWire): boolean {
  if ('Subnet' in selection) return equalBytes(selection.Subnet.subnet.toUint8Array(), subnetId);
  const [type = SUBNET_TYPE] = selection.Filter.subnet_type;
  return type === SUBNET_TYPE;
}

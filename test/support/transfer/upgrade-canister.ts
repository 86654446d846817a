/** Replaces the program of a stage's canister by itself. */
import { IDL } from '@dfinity/candid';
import { type CanisterName, installCanister } from '../../../scripts/network/install-canisters';
import { signerInit } from '../../../src/api/signer-idl';
import { type TestStage } from '../test-stage';

/** The upgrade, without arguments. */
export function upgradeCanister(stage: TestStage, name: CanisterName): Promise<void> {
  return installCanister(stage.operator, {
    id: name === 'signer' ? stage.signerId : stage.domainsId,
    name,
    mode: { upgrade: [] },
    arg: new Uint8Array(name === 'signer' ? IDL.encode([...signerInit], [[]]) : IDL.encode([], []))
  });
}

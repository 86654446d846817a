import { attestNullifiers } from '../../../../src/canisters/domains/use-cases/attest-nullifiers';
import { bytes32 } from '../../../../src/core/bytes';
import {
  type RecordedBlockName,
  type RecordedNullifier,
  recordedBlock,
  recordedNullifiers
} from '../../../fixtures/domains/adapter-chain';
import { errorCode } from '../../core/error-code';
import { fill32 } from './domain-records';
import { DOMAIN_ID, DomainWorld, recordedConfig } from './domain-world';

const ANONYMOUS = Uint8Array.of(4);

function evidence(name: RecordedBlockName, nullifier: RecordedNullifier) {
  const proof = recordedBlock(name).nullifierProofs[nullifier];
  return { nullifier: bytes32(recordedNullifiers[nullifier], 'nullifier'), proof };
}

function request(name: RecordedBlockName, ...nullifiers: RecordedNullifier[]) {
  return {
    domainId: DOMAIN_ID,
    height: recordedBlock(name).height,
    nullifiers: nullifiers.map((nullifier) => evidence(name, nullifier))
  };
}

async function worldWith(...names: RecordedBlockName[]): Promise<DomainWorld> {
  const world = new DomainWorld();
  for (const name of names) await world.accept(name);
  return world;
}

describe('attestNullifiers', () => {
  it('says of each nullifier, in order, whether the set held it at that height', async () => {
    const world = await worldWith('early', 'middle');
    const before = world.dump();

    const early = attestNullifiers(world.context, request('early', 'first', 'second', 'never'));
    const middle = attestNullifiers(world.context, request('middle', 'never', 'second', 'first'));

    expect(early.present).toEqual([true, false, false]);
    expect(middle.present).toEqual([false, true, true]);
    expect(early.checkpoint).toMatchObject({
      domainId: DOMAIN_ID,
      root: recordedBlock('early').root,
      leafCount: 2n
    });
    expect(early.logicRef).toEqual(recordedConfig.logicRef);
    expect(world.dump()).toEqual(before);
    expect(world.outcallCount()).toBe(6);
  });

  it('answers the checkpoint when no nullifier is asked for', async () => {
    const world = await worldWith('early');

    const attestation = attestNullifiers(world.context, request('early'));

    expect(attestation).toMatchObject({
      present: [],
      checkpoint: { blockHash: recordedBlock('early').blockHash }
    });
  });

  it('refuses the anonymous caller, unknown domains and heights without a checkpoint', async () => {
    const world = await worldWith('early');
    const known = request('early', 'first');

    expect(errorCode(() => attestNullifiers(world.context, { ...known, domainId: fill32(9) }))).toBe(
      'domain/unknown'
    );
    expect(errorCode(() => attestNullifiers(world.context, request('middle', 'first')))).toBe(
      'checkpoint/unknown'
    );
    world.runtime.callerBytes = ANONYMOUS;
    expect(errorCode(() => attestNullifiers(world.context, known))).toBe('caller/anonymous');
  });

  it('refuses for a halted domain, also on the checkpoints from before', async () => {
    const world = await worldWith('early');
    const status = { status: 'halted', reason: 'two blocks' } as const;
    world.context.store.saveDomain({ id: DOMAIN_ID, config: recordedConfig, status });

    expect(errorCode(() => attestNullifiers(world.context, request('early', 'first')))).toBe('domain/halted');
  });

  it.each<[string, string, RecordedNullifier, Uint8Array[]]>([
    ['of another nullifier', 'mpt/node-hash', 'first', recordedBlock('early').nullifierProofs.second],
    ['of another block', 'mpt/node-hash', 'first', recordedBlock('middle').nullifierProofs.first],
    ['of another contract', 'mpt/node-hash', 'first', recordedBlock('otherContract').nullifierProofs.first],
    ['without nodes', 'mpt/node-missing', 'first', []],
    [
      'that ends early',
      'mpt/node-missing',
      'first',
      recordedBlock('early').nullifierProofs.first.slice(0, -1)
    ],
    [
      'of absence offered for a member',
      'mpt/node-missing',
      'first',
      recordedBlock('early').nullifierProofs.first.slice(0, 1)
    ]
  ])('refuses a proof %s', async (_, code, nullifier, proof) => {
    const world = await worldWith('early');
    const whole = request('early', nullifier);
    const broken = { ...evidence('early', nullifier), proof };

    expect(errorCode(() => attestNullifiers(world.context, { ...whole, nullifiers: [broken] }))).toBe(code);
  });

  it('refuses a change of any byte of a proof, of membership or absence', async () => {
    const world = await worldWith('early');
    for (const nullifier of ['first', 'never'] as const) {
      const { proof, ...rest } = evidence('early', nullifier);
      for (const [nodeIndex, node] of proof.entries()) {
        for (let byte = 0; byte < node.length; byte += 1) {
          const changed = proof.with(nodeIndex, node.with(byte, (node[byte] ?? 0) ^ 0x80));
          const nullifiers = [{ ...rest, proof: changed }];
          expect(errorCode(() => attestNullifiers(world.context, { ...request('early'), nullifiers }))).toBe(
            'mpt/node-hash'
          );
        }
      }
    }
  });
});

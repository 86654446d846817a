/** Account resources and payloads for a fake chain, and one story with everything a relayer meets. */
import {
  decodeTransitionPayload,
  encodeTransitionPayload
} from '../../../src/core/account/transition-payload';
import { type Bytes32, ZERO_BYTES32 } from '../../../src/core/bytes';
import { commitResource } from '../../../src/core/resource/resource';
import { FakeChain, type FakeUnit, digest } from './fake-chain';
import { fakeNullifierOf } from './fake-network';

/** An account's line of resources; `bind` makes the first, `move` each further one. */
export class FakeAccount {
  readonly id: Bytes32;
  readonly commitments: Bytes32[] = [];

  constructor(readonly name: string) {
    this.id = digest('account', name);
  }

  bind(): FakeUnit {
    return this.unit(digest('ephemeral', this.name), { purpose: 'binding', quantity: 1n });
  }

  move(): FakeUnit {
    const head = this.commitments.at(-1);
    if (head === undefined) throw new Error(`${this.name} is not bound`);
    return this.unit(fakeNullifierOf(head), { purpose: 'transition', quantity: 1n });
  }

  /** A consumption that the signer refuses for good: quantity 2. The account's line does not go on with it. */
  moveBadly(): FakeUnit {
    const head = this.commitments.at(-1) ?? ZERO_BYTES32;
    const unit = this.unit(digest('bad', fakeNullifierOf(head)), { purpose: 'transition', quantity: 2n });
    this.commitments.pop();
    return unit;
  }

  private unit(
    nullifier: Bytes32,
    { purpose, quantity }: { readonly purpose: 'binding' | 'transition'; readonly quantity: bigint }
  ): FakeUnit {
    const payload = payloadOf({ account: this.id, nullifier, purpose, quantity });
    const commitment = commitResource(decodeTransitionPayload(payload).successor);
    this.commitments.push(commitment);
    return { nullifier, commitment, payloads: [payload] };
  }
}

function payloadOf(transition: {
  readonly account: Bytes32;
  readonly nullifier: Bytes32;
  readonly purpose: 'binding' | 'transition';
  readonly quantity: bigint;
}): Uint8Array {
  const { account, nullifier, purpose, quantity } = transition;
  const word = digest('any word');
  return encodeTransitionPayload({
    purpose,
    nullifierKey: purpose === 'binding' ? ZERO_BYTES32 : word,
    successor: {
      logicRef: word,
      labelRef: account,
      quantity,
      valueRef: word,
      isEphemeral: false,
      nonce: nullifier,
      nkCommitment: word,
      randSeed: word
    },
    accountValue: word,
    consents: [{ accountId: account, passportDigest: ZERO_BYTES32, epoch: 1n }],
    approvals: [
      { publicKeyDer: word, actionSignature: new Uint8Array(64), consentSignature: new Uint8Array(64) }
    ]
  });
}

/** The units as parts of one agreement: everyone consents to all of them. */
export function together(...units: readonly FakeUnit[]): FakeUnit[] {
  const decoded = units.map(({ payloads = [] }) => payloads.map(decodeTransitionPayload));
  const consents = decoded.flat().flatMap((payload) => payload.consents);
  return units.map((unit, index) => ({
    ...unit,
    payloads: (decoded[index] ?? []).map((payload) => encodeTransitionPayload({ ...payload, consents }))
  }));
}

/** A unit that is nobody's account. */
export const plainUnit = (name: string, ...payloads: Uint8Array[]): FakeUnit => ({
  nullifier: digest('plain nullifier', name),
  commitment: digest('plain commitment', name),
  payloads
});

/**
 * Bindings, an unrelated transaction, a swap in one action, a sale after it, junk on chain, a refused transition, two
 * transactions in one block, a ring of three. `accounts` know what their lines of heads must be in the end.
 */
export function tellStory(): { readonly chain: FakeChain; readonly accounts: readonly FakeAccount[] } {
  const chain = new FakeChain();
  const [anna, boris, clara] = ['anna', 'boris', 'clara'].map((name) => new FakeAccount(name));
  if (anna === undefined || boris === undefined || clara === undefined) throw new Error('three accounts');
  chain.addBlock([[plainUnit('before')]]);
  chain.addBlock([[anna.bind()]], [[boris.bind(), plainUnit('beside')]]);
  chain.addBlock([[plainUnit('stranger')], [clara.bind()]]);
  chain.addBlock();
  chain.addBlock([together(anna.move(), boris.move())]);
  const junk = Uint8Array.from(Buffer.from('HYPHA and then nothing that decodes'));
  chain.addBlock([[plainUnit('junk', junk, digest('not ours'))]], [[clara.moveBadly()]]);
  chain.addBlock([[anna.move()]], []);
  const [first, second, third] = together(boris.move(), clara.move(), anna.move()) as [
    FakeUnit,
    FakeUnit,
    FakeUnit
  ];
  chain.addBlock([[plainUnit('left'), first, second, plainUnit('right'), third]]);
  chain.addBlock();
  return { chain, accounts: [anna, boris, clara] };
}

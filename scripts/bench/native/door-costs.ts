/** What each door costs a canister, plain and native: the same calls in both, from the canister's own counter. */
import { IDL } from '@dfinity/candid';
import { ed25519 } from '@noble/curves/ed25519';
import { schnorr, secp256k1 } from '@noble/curves/secp256k1';
import { sha256 } from '@noble/hashes/sha2';
import { fromHex } from '../../../src/core/bytes';
import { buildFixtureCanister } from '../../../test/support/build-fixture-canister';
import { TestReplica, replyOf } from '../../../test/fixtures/local-ic/test-replica';
import { findVectorText } from '../../../test/support/outside-vectors';
import { VARIANTS, type Variant } from '../../build/variant';

type DoorRow = { readonly name: string; readonly door: string; readonly inputs: readonly Uint8Array[] };
/** By name of the door and variant. */
export type DoorCosts = Readonly<Record<string, Readonly<Partial<Record<Variant, number>>>>>;

const MEASURE_ARGS = [IDL.Text, IDL.Vec(IDL.Vec(IDL.Nat8))];

/** Instructions of one call of each door, in a canister that is warm. */
export async function measureDoors(): Promise<DoorCosts> {
  const rows = doorRows();
  const costs: Record<string, Partial<Record<Variant, number>>> = {};
  for (const variant of VARIANTS) {
    for (const [name, cost] of await measureVariant(variant, rows))
      costs[name] = { ...costs[name], [variant]: cost };
  }
  return costs;
}

async function measureVariant(variant: Variant, rows: readonly DoorRow[]): Promise<Map<string, number>> {
  const module = await buildFixtureCanister('test/fixtures/canisters/door-bench.ts', variant);
  const network = new TestReplica();
  try {
    const canister = await network.install(module, { arg: new Uint8Array(IDL.encode([], [])) });
    const measure = async ({ door, inputs }: Pick<DoorRow, 'door' | 'inputs'>): Promise<number> => {
      const arg = new Uint8Array(IDL.encode(MEASURE_ARGS, [door, inputs]));
      const reply = replyOf(await network.call(canister.id, 'measure', { arg }));
      return Number(IDL.decode([IDL.Nat64], reply)[0]);
    };
    const clock = await measure({ door: 'nothing', inputs: [] });
    const costs = new Map<string, number>();
    for (const row of rows) costs.set(row.name, (await measure(row)) - clock);
    return costs;
  } finally {
    network.replica.close();
  }
}

function doorRows(): DoorRow[] {
  const message = (length: number): Uint8Array => new Uint8Array(length).fill(7);
  const hashes = ['sha256', 'sha512', 'keccak256', 'ripemd160'].flatMap((door) =>
    [64, 532, 4_096].map((length) => ({
      name: `${door} of ${length} bytes`,
      door,
      inputs: [message(length)]
    }))
  );
  return [...hashes, ...curveRows(), ...sealRows()];
}

function curveRows(): DoorRow[] {
  const secret = message32(1);
  const digest = sha256(Uint8Array.of(1, 2, 3));
  const [compressed, uncompressed] = [secp256k1.getPublicKey(secret), secp256k1.getPublicKey(secret, false)];
  const signature = secp256k1.sign(digest, secret, { lowS: true });
  const claim = [uncompressed, digest, signature.toCompactRawBytes()];
  const bip340 = [schnorr.getPublicKey(secret), digest, schnorr.sign(digest, secret, message32(0))];
  const edKey = ed25519.getPublicKey(secret);
  const point = uncompressed.slice(1);
  return [
    { name: 'ECDSA verify', door: 'verifyEcdsa', inputs: claim },
    { name: 'ECDSA verify, compressed key', door: 'verifyEcdsa', inputs: [compressed, ...claim.slice(1)] },
    ...[0, 1].map((parity) => ({
      name: `y parity of a signature, ${parity}`,
      door: 'findYParity',
      inputs: [uncompressed, ...signatureOfParity(secret, parity)]
    })),
    {
      name: 'recover a key',
      door: 'recoverPublicKey',
      inputs: [...claim, Uint8Array.of(signature.recovery)]
    },
    { name: 'BIP-340 verify', door: 'verifySchnorr', inputs: bip340 },
    { name: 'decompress a key', door: 'decompressPublicKey', inputs: [compressed] },
    { name: 'add a tweak to a key', door: 'addTweak', inputs: [compressed, digest] },
    { name: 'add two points', door: 'addPoints', inputs: [point, point] },
    {
      name: 'Ed25519 verify',
      door: 'verifyEd25519',
      inputs: [edKey, digest, ed25519.sign(digest, secret)]
    }
  ];
}

/** A digest, and its signature whose nonce point has a y of this parity. */
function signatureOfParity(secret: Uint8Array, parity: number): Uint8Array[] {
  for (let attempt = 0; ; attempt += 1) {
    const digest = sha256(Uint8Array.of(attempt));
    const signature = secp256k1.sign(digest, secret, { lowS: true });
    if (signature.recovery === parity) return [digest, signature.toCompactRawBytes()];
  }
}

const message32 = (last: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) => (index === 31 ? last : 0));

/** A receipt of a real transaction; without the outside vectors there is none to measure. */
function sealRows(): DoorRow[] {
  const text = findVectorText('risc0/receipts.json');
  if (text === undefined) return [];
  const { receipts } = JSON.parse(text) as {
    receipts: { name: string; imageId: string; journal: string; seal: string }[];
  };
  return receipts.slice(0, 1).map(({ name, imageId, journal, seal }) => ({
    name: `RISC Zero seal (${name})`,
    door: 'verifySeal',
    inputs: [fromHex(imageId), fromHex(journal), fromHex(seal)]
  }));
}

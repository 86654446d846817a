import { execFileSync } from 'node:child_process';
import { Principal } from '@dfinity/principal';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils';
import fc from 'fast-check';
import {
  deriveEd25519Key,
  deriveSecp256k1Key,
  MASTER_CHAIN_CODE
} from '../../../../src/local-ic/management/key-derivation';
import { MAINNET_DERIVATIONS, MAINNET_MASTER_KEYS, type Scheme, SCHEMES } from './key-derivation-vectors';

const derive = (scheme: Scheme, masterHex: string, path: readonly Uint8Array[]) =>
  (scheme === 'ed25519' ? deriveEd25519Key : deriveSecp256k1Key)(
    { publicKey: hexToBytes(masterHex), chainCode: MASTER_CHAIN_CODE },
    path
  );

describe('derivation below the mainnet master keys', () => {
  describe.each(MAINNET_DERIVATIONS)('$keyName', ({ keyName, canisterId, path, publicKeys }) => {
    it.each(SCHEMES)('equals the published %s key', (scheme) => {
      const fullPath = [Principal.fromText(canisterId).toUint8Array(), ...path];
      const derived = derive(scheme, MAINNET_MASTER_KEYS[keyName][scheme], fullPath);
      expect(bytesToHex(derived.publicKey)).toBe(publicKeys[scheme]);
    });
  });

  it('gives the parent for an empty path', () => {
    const master = MAINNET_MASTER_KEYS.key_1.ecdsa;
    expect(derive('ecdsa', master, [])).toEqual({
      publicKey: hexToBytes(master),
      chainCode: MASTER_CHAIN_CODE,
      secretOffset: 0n
    });
  });
});

// The package is ESM only, which jest does not load; a child process asks it all cases at once.
const ORACLE = `
import { secp256k1 } from '@dfinity/ic-pub-key/ecdsa';
import { ed25519, bip340secp256k1 } from '@dfinity/ic-pub-key/schnorr';
const modules = { ecdsa: secp256k1, bip340secp256k1, ed25519 };
const answers = JSON.parse(process.argv[1]).map(({ scheme, keyName, path }) => {
  const { PublicKeyWithChainCode, DerivationPath } = modules[scheme];
  const derived = PublicKeyWithChainCode.forMainnetKey(keyName)
    .deriveSubkeyWithChainCode(new DerivationPath(path.map((item) => new Uint8Array(Buffer.from(item, 'hex')))));
  return { public_key: derived.public_key.toHex(), chain_code: derived.chain_code.toHex() };
});
process.stdout.write(JSON.stringify(answers));
`;

type OracleCase = {
  readonly scheme: Scheme;
  readonly keyName: 'key_1' | 'test_key_1';
  readonly path: readonly string[];
};
type OracleAnswer = { readonly public_key: string; readonly chain_code: string };

function askIcPubKey(cases: readonly OracleCase[]): readonly OracleAnswer[] {
  const output = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', ORACLE, JSON.stringify(cases)],
    { encoding: 'utf8' }
  );
  return JSON.parse(output) as OracleAnswer[];
}

it('agrees with @dfinity/ic-pub-key on public key and chain code of random paths', () => {
  const oracleCase = fc.record({
    scheme: fc.constantFrom(...SCHEMES),
    keyName: fc.constantFrom('key_1' as const, 'test_key_1' as const),
    path: fc.array(fc.uint8Array({ maxLength: 40 }).map(bytesToHex), { minLength: 1, maxLength: 4 })
  });
  const cases = fc.sample(oracleCase, { numRuns: 60, seed: 7 });

  const ours = cases.map(({ scheme, keyName, path }) => {
    const derived = derive(scheme, MAINNET_MASTER_KEYS[keyName][scheme], path.map(hexToBytes));
    return { public_key: bytesToHex(derived.publicKey), chain_code: bytesToHex(derived.chainCode) };
  });

  expect(ours).toEqual(askIcPubKey(cases));
});

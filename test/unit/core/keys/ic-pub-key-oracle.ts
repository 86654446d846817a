/**
 * Derivations by DFINITY's @dfinity/ic-pub-key, an implementation that is not ours. The package is published as ES
 * modules only, which jest does not load here: it runs in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { toHex } from '../../../../src/core/bytes';

export type OracleKey = { readonly publicKey: string; readonly chainCode: string };

const PROGRAM = `
import { secp256k1 } from '@dfinity/ic-pub-key/ecdsa';
import { ed25519 } from '@dfinity/ic-pub-key/schnorr';
const schemes = { secp256k1, ed25519 };
const { scheme, keyName, paths } = JSON.parse(process.argv[1]);
const { PublicKeyWithChainCode, DerivationPath } = schemes[scheme];
const root = PublicKeyWithChainCode.forMainnetKey(keyName);
const keys = paths.map((path) => {
  const elements = path.map((element) => Uint8Array.from(Buffer.from(element, 'hex')));
  const key = root.deriveSubkeyWithChainCode(new DerivationPath(elements));
  return { publicKey: key.public_key.toHex(), chainCode: key.chain_code.toHex() };
});
console.log(JSON.stringify(keys));
`;

/** The keys at `paths` below a master key of the mainnet, in hex. */
export function deriveWithIcPubKey(request: {
  readonly scheme: 'secp256k1' | 'ed25519';
  readonly keyName: 'key_1' | 'test_key_1';
  readonly paths: readonly (readonly Uint8Array[])[];
}): OracleKey[] {
  const paths = request.paths.map((path) => path.map((element) => toHex(element)));
  const argument = JSON.stringify({ ...request, paths });
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM, argument], {
    cwd: __dirname,
    encoding: 'utf8'
  });
  return JSON.parse(output) as OracleKey[];
}

/** The JavaScript side of the doors: noble. */
import { type CryptoEngine } from '../engine';
import { bn254 } from './bn254';
import { ed25519 } from './ed25519';
import { hash } from './hash';
import { secp256k1, warmUp } from './secp256k1';

export const engine: CryptoEngine = { hash, secp256k1, ed25519, bn254, warmUp };

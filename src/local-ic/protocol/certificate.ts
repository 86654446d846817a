/** Certificates: witnesses of the state tree under the subnet's BLS signature. */
import { encodeCbor } from './cbor-encoding';
import { signedPayload } from './domain-separator';
import { type HashTree, hashTreeToWire } from './hash-tree';
import { type SigningKey } from './subnet-keys';
import { createWitness, type Path } from './witness';

/** Makes certificates of trees; a tree seen before is not signed again. */
export class Certifier {
  private signed: { readonly root: HashTree; readonly signature: Uint8Array } | undefined;

  constructor(private readonly rootKey: SigningKey) {}

  /** CBOR of `{tree, signature}`, the tree pruned to `paths`. No delegation: the signer is the root subnet. */
  certify(root: HashTree, paths: readonly Path[]): Uint8Array {
    if (this.signed?.root !== root)
      this.signed = { root, signature: this.rootKey.sign(signedPayload('ic-state-root', root.hash)) };
    return encodeCbor({ tree: hashTreeToWire(createWitness(root, paths)), signature: this.signed.signature });
  }
}

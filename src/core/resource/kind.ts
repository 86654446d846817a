/** Resource kinds (arm-risc0 v1.1.1 `arm/src/resource.rs`): points, so that quantities of one kind add and cancel. */
import { type Bytes32, concat } from '../bytes';
import { hashToCurvePoint } from '../crypto/secp256k1-client';
import { type CurvePoint } from '../crypto/secp256k1-group';

/** The domain separation tag of RFC 9380's own test vectors, which arm-risc0 uses verbatim. */
const KIND_TAG = 'QUUX-V01-CS02-with-secp256k1_XMD:SHA-256_SSWU_RO_';

/** What makes two resources fungible with each other. */
export type KindRefs = { readonly logicRef: Bytes32; readonly labelRef: Bytes32 };

/** The kind of a resource: `hash_to_curve(logicRef || labelRef)`. */
export function deriveKind(refs: KindRefs): CurvePoint {
  return hashToCurvePoint(concat(refs.logicRef, refs.labelRef), KIND_TAG);
}

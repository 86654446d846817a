/**
 * The hash tree over the log's tip: what the canister certifies, and what a client checks (ICRC-3, "Certification";
 * interface specification, "Certificate", for hash trees and their CBOR).
 *
 * The tree is a fork of two labeled leaves in ascending order: `last_block_hash` (32 bytes) and `last_block_index` (LEB128).
 */
import { type Bytes32, ascii, concat } from '../bytes';
import { sha256 } from '../crypto/hash';
import { ProtocolError } from '../error';
import { encodeLeb128 } from './leb128';

/** The log's last block: its hash and its index from 0. */
export type LogTip = { readonly lastBlockHash: Bytes32; readonly lastBlockIndex: bigint };

type TipLeaf = { readonly label: Uint8Array; readonly content: Uint8Array };

const separator = (name: string): Uint8Array => concat(Uint8Array.of(name.length), ascii(name));
const FORK = separator('ic-hashtree-fork');
const LABELED = separator('ic-hashtree-labeled');
const LEAF = separator('ic-hashtree-leaf');

/** CBOR's self-describing tag 55799. */
const SELF_DESCRIBED = Uint8Array.of(0xd9, 0xd9, 0xf7);
const CBOR_ARRAY = 0x80;
const CBOR_BYTES = 0x40;

/** Root hash of the tip's tree, 32 bytes: the canister's certified data. */
export function hashTipTree(tip: LogTip): Bytes32 {
  const branches = tipLeaves(tip).map(({ label, content }) => sha256(LABELED, label, sha256(LEAF, content)));
  return sha256(FORK, ...branches);
}

/** The tip's tree in CBOR, as `icrc3_get_tip_certificate` hands it out. */
export function encodeTipTree(tip: LogTip): Uint8Array {
  const branches = tipLeaves(tip).map(({ label, content }) =>
    concat(
      Uint8Array.of(CBOR_ARRAY | 3, 2),
      cborBytes(label),
      Uint8Array.of(CBOR_ARRAY | 2, 3),
      cborBytes(content)
    )
  );
  return concat(SELF_DESCRIBED, Uint8Array.of(CBOR_ARRAY | 3, 1), ...branches);
}

function tipLeaves(tip: LogTip): TipLeaf[] {
  return [
    { label: ascii('last_block_hash'), content: tip.lastBlockHash },
    { label: ascii('last_block_index'), content: encodeLeb128(tip.lastBlockIndex) }
  ];
}

function cborBytes(value: Uint8Array): Uint8Array {
  if (value.length < 24) return concat(Uint8Array.of(CBOR_BYTES | value.length), value);
  if (value.length < 256) return concat(Uint8Array.of(CBOR_BYTES | 24, value.length), value);
  throw new ProtocolError('log/integer', `a leaf holds at most 255 bytes, got ${value.length}`);
}

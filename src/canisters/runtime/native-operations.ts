/**
 * The native side of the doors, as requests to the switchboard (`src/canisters/native/switchboard.wat`, which has the
 * format; `docs/native.md` has the table of operations).
 */
import { type CryptoEngine } from '../../core/crypto/engine';

/** Hands a request to the switchboard, which answers in the same buffer. */
export type SystemCall = (buffer: Uint8Array) => void;

const MAGIC = [...'HYPHA/NC'].map((character) => character.charCodeAt(0));
const VERSION = 1;
const HEADER_BYTES = 16;
const STATUS_OFFSET = 11;
const NO = 0;
const YES = 1;
const UNANSWERED = 0xff;

/** Payloads up to this many bytes use the operation's own buffer; nodes of Ethereum's tries are shorter. */
const KEPT_PAYLOAD_BYTES = 1_024;

/** An operation by its number in the switchboard's table, and the length of the value it answers with. */
type Operation = { readonly number: number; readonly valueLength: number };

/** Value of a request whose payload is `parts` one after the other, empty for a plain yes; `undefined` for a no. */
type Ask = (parts: readonly Uint8Array[], argument?: number) => Uint8Array | undefined;

type Hash = (parts: readonly Uint8Array[]) => Uint8Array;

/** The engine behind `systemCall`. Calls throw only when no switchboard answers: the module was not linked. */
export function createNativeEngine(systemCall: SystemCall): CryptoEngine {
  const operation = (number: number, valueLength = 0): Ask =>
    createOperation(systemCall, { number, valueLength });
  const prepare = operation(0);
  // There is no message without a hash.
  const hash = (number: number, valueLength: number): Hash => operation(number, valueLength) as Hash;
  return {
    hash: {
      sha256: hash(1, 32),
      sha224: hash(5, 28),
      sha512: hash(2, 64),
      keccak256: hash(3, 32),
      ripemd160: hash(4, 20)
    },
    secp256k1: secp256k1Engine(operation),
    ed25519: ed25519Engine(operation),
    bn254: bn254Engine(operation),
    warmUp: () => void prepare([])
  };
}

type CreateOperation = (number: number, valueLength?: number) => Ask;

function secp256k1Engine(operation: CreateOperation): CryptoEngine['secp256k1'] {
  const [verify, findParity, recover] = [operation(16), operation(17, 1), operation(18, 65)];
  const [verifySchnorr, decompress] = [operation(19), operation(20, 65)];
  const [addTweak, addPoints] = [operation(21, 33), operation(22, 64)];
  return {
    verifyEcdsa: (key, digest, signature) => verify([digest, signature, key]) !== undefined,
    findYParity: (key, digest, signature) => {
      const parity = findParity([digest, signature, key]);
      if (parity === undefined) return undefined;
      return parity[0] === 0 ? 0 : 1;
    },
    recover: (digest, signature, recoveryId) => recover([digest, signature], recoveryId),
    verifySchnorr: (key, digest, signature) => verifySchnorr([digest, signature, key]) !== undefined,
    decompress: (key) => decompress([key]),
    addTweak: (key, tweak) => addTweak([tweak, key]),
    addPoints: (left, right) => addPoints([left, right])
  };
}

function ed25519Engine(operation: CreateOperation): CryptoEngine['ed25519'] {
  const verify = operation(32);
  return { verify: (key, message, signature) => verify([key, signature, message]) !== undefined };
}

function bn254Engine(operation: CreateOperation): CryptoEngine['bn254'] {
  const verify = operation(48);
  return {
    verifyGroth16: (key, proof, inputs) => verify([key, proof, inputs], inputs.length / 32) !== undefined
  };
}

/** A request's bytes, and its header as words: the third has version to status, the fourth the payload's length. */
type RequestBuffer = { readonly bytes: Uint8Array; readonly words: Uint32Array };

/** Written for an interpreter that needs about a thousand instructions a statement, and four thousand for the call. */
function createOperation(systemCall: SystemCall, { number, valueLength }: Operation): Ask {
  const kept = createBuffer(KEPT_PAYLOAD_BYTES);
  const keptBytes = kept.bytes;
  const keptWords = kept.words;
  const unanswered = VERSION + number * 2 ** 8 + UNANSWERED * 2 ** 24;
  const valueEnd = HEADER_BYTES + valueLength;
  return (parts, argument) => {
    let bytes = keptBytes;
    let words = keptWords;
    let end = HEADER_BYTES;
    const count = parts.length;
    for (let index = 0; index < count; index += 1) {
      const part = parts[index] as Uint8Array;
      const next = end + part.length;
      if (next > bytes.length) {
        ({ bytes, words } = createBuffer(lengthOf(parts)));
        bytes.set(keptBytes.subarray(HEADER_BYTES, end), HEADER_BYTES);
      }
      bytes.set(part, end);
      end = next;
    }
    words[2] = argument === undefined ? unanswered : unanswered + argument * 65_536;
    words[3] = end - HEADER_BYTES;
    systemCall(bytes);
    const status = bytes[STATUS_OFFSET];
    if (status === YES) return bytes.slice(HEADER_BYTES, valueEnd);
    if (status === NO) return undefined;
    throw new Error(`BUG: the native code of this module did not take operation ${number}: status ${status}`);
  };
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function createBuffer(payloadLength: number): RequestBuffer {
  const bytes = new Uint8Array(HEADER_BYTES + payloadLength);
  bytes.set(MAGIC);
  return { bytes, words: new Uint32Array(bytes.buffer, 0, HEADER_BYTES / 4) };
}

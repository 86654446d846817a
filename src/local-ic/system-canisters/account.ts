/** Accounts of token ledgers: ICRC-1's owner with a subaccount, and the ICP ledger's account identifiers. */
import { type Principal } from '@dfinity/principal';
import { sha224 } from '@noble/hashes/sha2';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils';

export type Account = {
  readonly owner: Principal;
  readonly subaccount: readonly [] | readonly [Uint8Array];
};

/** What a ledger keeps balances under: text, one for each account. */
export type AccountKey = string;

const SUBACCOUNT_BYTES = 32;
const ACCOUNT_ID_BYTES = 32;
const CHECKSUM_BYTES = 4;
const ACCOUNT_ID_DOMAIN = utf8ToBytes('\x0Aaccount-id');
const CRC32_POLYNOMIAL = 0xedb8_8320;

/** An account, or something in it, that no ledger takes. */
export class AccountError extends Error {}

export function accountOf(owner: Principal, subaccount: readonly Uint8Array[] = []): Account {
  const [bytes] = subaccount;
  return { owner, subaccount: bytes ? [bytes] : [] };
}

/** The 32 bytes of the subaccount; zeros when there is none. @throws {AccountError} for any other length. */
function effectiveSubaccount({ subaccount: [bytes] }: Account): Uint8Array {
  if (!bytes) return new Uint8Array(SUBACCOUNT_BYTES);
  if (bytes.length !== SUBACCOUNT_BYTES) {
    throw new AccountError(`expected a subaccount of ${SUBACCOUNT_BYTES} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/** Key of an ICRC-1 account: owner and subaccount in hex. @throws {AccountError} */
export function icrcAccountKey(account: Account): AccountKey {
  return `${bytesToHex(account.owner.toUint8Array())}.${bytesToHex(effectiveSubaccount(account))}`;
}

/** Account identifier of the ICP ledger: CRC-32, then SHA-224 of owner and subaccount. @throws {AccountError} */
export function accountIdentifier(account: Account): Uint8Array {
  const hash = sha224(
    concatBytes(ACCOUNT_ID_DOMAIN, account.owner.toUint8Array(), effectiveSubaccount(account))
  );
  return concatBytes(crc32(hash), hash);
}

/** The identifier itself. @throws {AccountError} when its length or its checksum is wrong. */
export function checkedAccountIdentifier(identifier: Uint8Array): Uint8Array {
  if (identifier.length !== ACCOUNT_ID_BYTES) {
    throw new AccountError(
      `expected an account identifier of ${ACCOUNT_ID_BYTES} bytes, got ${identifier.length}`
    );
  }
  const checksum = crc32(identifier.subarray(CHECKSUM_BYTES));
  if (checksum.some((byte, index) => byte !== identifier[index])) {
    throw new AccountError(`the checksum of account identifier ${bytesToHex(identifier)} is wrong`);
  }
  return identifier;
}

/** The subaccount that stands for a principal at a canister that takes payments: its length, then its bytes. */
export function subaccountOfPrincipal(principal: Principal): Uint8Array {
  const bytes = principal.toUint8Array();
  const subaccount = new Uint8Array(SUBACCOUNT_BYTES);
  subaccount[0] = bytes.length;
  subaccount.set(bytes, 1);
  return subaccount;
}

/** CRC-32 of ISO HDLC, 4 bytes big endian. */
function crc32(bytes: Uint8Array): Uint8Array {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ CRC32_POLYNOMIAL : crc >>> 1;
  }
  const result = new Uint8Array(CHECKSUM_BYTES);
  new DataView(result.buffer).setUint32(0, ~crc >>> 0);
  return result;
}

/** Everything the `signer` canister remembers. Nothing is cached: what is read after an await is what is stored then. */
import { type Account, type AccountTransition } from '../../core/account/account';
import { MAX_KEY_NAME_BYTES } from '../../api/signer-wire';
import { decodeAccount, encodeAccount } from '../../core/account/account-codec';
import { type AccountId } from '../../core/account/account-id';
import { type PrincipalBytes, encodePrincipal, readPrincipal } from '../../core/account/principal';
import {
  type Address,
  ByteReader,
  type Bytes32,
  address,
  bytes32,
  concat,
  decodeBigEndian,
  encodeBigEndian,
  equalBytes
} from '../../core/bytes';
import { type ExtendedPublicKey } from '../../core/keys/derive-public-key';
import { type LogTip } from '../../core/log/certified-tip';
import { decodeUtf8, encodeUtf8 } from '../../core/log/utf8';
import { type AppliedUnit } from '../../core/proof/transition';
import { type StableMap } from '../runtime/canister-runtime';
import { createCountedLists } from '../runtime/counted-lists';

/** The one table of stable memories of this canister. An id that has been used is never given to something else. */
export const SIGNER_MEMORY = {
  /** Layout version, configuration, keys, tip of the log. */
  settings: 0,
  accounts: 1,
  /** Account id -> public key (33) and EVM address (20) of its generation. */
  keys: 2,
  /** Lists of account ids by owner. */
  owners: 3,
  /** Domain id, account id, nullifier of an applied unit -> the commitment it created. */
  nullifiers: 4,
  /** u64 index -> block. */
  log: 5,
  /** The list of accounts with a signature in flight. */
  inFlight: 6
} as const;

/** Byte maps behind a {@link SignerStore}, one per memory. */
export type SignerMaps = Readonly<Record<keyof typeof SIGNER_MEMORY, StableMap>>;

export type SignerConfig = { readonly domainsCanister: PrincipalBytes; readonly keyName: string };

/** Public key (33 bytes) and address of one account and generation. */
export type AccountKey = { readonly publicKey: Uint8Array; readonly evmAddress: Address };

/** State of the canister. */
export type SignerStore = {
  /** @throws when stable memory is empty, or of another layout. */
  readonly config: () => SignerConfig;
  readonly saveConfig: (config: SignerConfig) => void;
  /** The canister's ECDSA key below which those of all accounts are, once it has been fetched and checked. */
  readonly findAccountsKey: () => ExtendedPublicKey | undefined;
  readonly saveAccountsKey: (key: ExtendedPublicKey) => void;

  readonly accountCount: () => bigint;
  readonly findAccount: (id: AccountId) => Account | undefined;
  /** Adds a new account to the accounts and to its owner's. */
  readonly addAccount: (account: Account, key: AccountKey) => void;
  /** Writes a known account; `formerOwner` is whose it was. */
  readonly saveAccount: (account: Account, formerOwner: PrincipalBytes) => void;
  readonly accountKey: (id: AccountId) => AccountKey;

  readonly countOwned: (owner: PrincipalBytes) => bigint;
  readonly ownedAt: (owner: PrincipalBytes, index: bigint) => AccountId | undefined;
  /** Accounts with a signature in flight. */
  readonly listInFlight: () => AccountId[];

  /** The commitment created in the account's unit that consumed the nullifier, if it was applied. */
  readonly findApplied: (unit: AppliedUnit) => Bytes32 | undefined;
  readonly addApplied: (transition: AccountTransition) => void;

  readonly logLength: () => bigint;
  /** The last block, or none. */
  readonly logTip: () => LogTip | undefined;
  readonly appendBlock: (block: Uint8Array, hash: Bytes32) => void;
  readonly findBlock: (index: bigint) => Uint8Array | undefined;
};

/** First byte of the configuration: the layout of all memories. A later one migrates what it finds. */
const LAYOUT_VERSION = 1;

const CONFIG_KEY = Uint8Array.of(1);
const ACCOUNTS_KEY_KEY = Uint8Array.of(2);
const LOG_TIP_KEY = Uint8Array.of(3);
/** The one list in its memory. */
const IN_FLIGHT_LIST = new Uint8Array();

/** The store over these maps. Nothing is read or written before one of its functions is called. */
export function createSignerStore(maps: SignerMaps): SignerStore {
  return { ...settings(maps), ...accounts(maps), ...nullifiers(maps), ...log(maps) };
}

function settings({
  settings: map
}: SignerMaps): Pick<SignerStore, 'config' | 'saveConfig' | 'findAccountsKey' | 'saveAccountsKey'> {
  return {
    config: () => {
      const stored = map.get(CONFIG_KEY);
      if (stored === undefined) throw new Error('BUG: the canister has no configuration');
      const reader = new ByteReader(stored, 'stored configuration');
      const version = reader.uint(1);
      if (version !== LAYOUT_VERSION)
        throw new Error(`stable memory has layout ${version}, not ${LAYOUT_VERSION}`);
      const domainsCanister = readPrincipal(reader);
      const keyName = decodeUtf8(reader.prefixed(MAX_KEY_NAME_BYTES));
      reader.end();
      return { domainsCanister, keyName };
    },
    saveConfig: ({ domainsCanister, keyName }) => {
      const name = encodeUtf8(keyName);
      map.set(
        CONFIG_KEY,
        concat(
          Uint8Array.of(LAYOUT_VERSION),
          encodePrincipal(domainsCanister),
          encodeBigEndian(BigInt(name.length), 2),
          name
        )
      );
    },
    findAccountsKey: () => {
      const stored = map.get(ACCOUNTS_KEY_KEY);
      return stored && { publicKey: stored.slice(0, 33), chainCode: stored.slice(33) };
    },
    saveAccountsKey: ({ publicKey, chainCode }) => map.set(ACCOUNTS_KEY_KEY, concat(publicKey, chainCode))
  };
}

type AccountRows = Pick<
  SignerStore,
  | 'accountCount'
  | 'findAccount'
  | 'addAccount'
  | 'saveAccount'
  | 'accountKey'
  | 'countOwned'
  | 'ownedAt'
  | 'listInFlight'
>;

function accounts(maps: SignerMaps): AccountRows {
  const owners = createCountedLists(maps.owners);
  const inFlight = createCountedLists(maps.inFlight);
  const writeAccount = (account: Account): void => maps.accounts.set(account.id, encodeAccount(account));

  const markInFlight = (account: Account): void => {
    const isMarked = inFlight.has(IN_FLIGHT_LIST, account.id);
    if (account.signing !== null && !isMarked) inFlight.append(IN_FLIGHT_LIST, account.id);
    if (account.signing === null && isMarked) inFlight.remove(IN_FLIGHT_LIST, account.id);
  };

  return {
    accountCount: () => maps.accounts.size(),
    findAccount: (id) => {
      const stored = maps.accounts.get(id);
      return stored && decodeAccount(stored);
    },
    addAccount: (account, key) => {
      writeAccount(account);
      maps.keys.set(account.id, concat(key.publicKey, key.evmAddress));
      owners.append(account.owner, account.id);
    },
    saveAccount: (account, formerOwner) => {
      writeAccount(account);
      markInFlight(account);
      if (!equalBytes(account.owner, formerOwner)) {
        owners.remove(formerOwner, account.id);
        owners.append(account.owner, account.id);
      }
    },
    accountKey: (id) => {
      const stored = maps.keys.get(id);
      if (stored === undefined) throw new Error('BUG: an account without keys');
      return { publicKey: stored.slice(0, 33), evmAddress: address(stored.slice(33), 'stored address') };
    },
    countOwned: (owner) => owners.count(owner),
    ownedAt: (owner, index) => owners.at(owner, index),
    listInFlight: () =>
      Array.from({ length: Number(inFlight.count(IN_FLIGHT_LIST)) }, (_, index) =>
        inFlight.at(IN_FLIGHT_LIST, BigInt(index))
      ).filter((id) => id !== undefined)
  };
}

function nullifiers({ nullifiers: map }: SignerMaps): Pick<SignerStore, 'findApplied' | 'addApplied'> {
  const keyOf = ({ domainId, accountId, nullifier }: AppliedUnit): Uint8Array =>
    concat(domainId, accountId, nullifier);
  return {
    findApplied: (unit) => {
      const commitment = map.get(keyOf(unit));
      return commitment === undefined ? undefined : bytes32(commitment, 'applied commitment');
    },
    addApplied: ({ accountId, nullifier, head: { domainId, commitment } }) =>
      map.set(keyOf({ domainId, accountId, nullifier }), commitment)
  };
}

function log(maps: SignerMaps): Pick<SignerStore, 'logLength' | 'logTip' | 'appendBlock' | 'findBlock'> {
  const logTip = (): LogTip | undefined => {
    const stored = maps.settings.get(LOG_TIP_KEY);
    return (
      stored && {
        lastBlockIndex: decodeBigEndian(stored.subarray(0, 8)),
        lastBlockHash: bytes32(stored.slice(8), 'stored tip')
      }
    );
  };
  const logLength = (): bigint => (logTip()?.lastBlockIndex ?? -1n) + 1n;
  return {
    logLength,
    logTip,
    appendBlock: (block, hash) => {
      const index = encodeBigEndian(logLength(), 8);
      maps.log.set(index, block);
      maps.settings.set(LOG_TIP_KEY, concat(index, hash));
    },
    findBlock: (index) => maps.log.get(encodeBigEndian(index, 8))
  };
}

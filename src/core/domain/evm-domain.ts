/**
 * An `evm` domain: a protocol adapter on an EVM chain, and the JSON-RPC providers whose word on finality is taken when
 * enough of them say the same and none says otherwise.
 */
import { type Address, type Bytes32, encodeBigEndian } from '../bytes';
import { ProtocolError } from '../error';
import { type StorageLayout } from '../proof/adapter-state';
import { taggedHash } from '../tagged-hash';

export type EvmDomainConfig = {
  /** For people, 1 to 64 characters. */
  readonly name: string;
  readonly chainId: bigint;
  readonly adapter: Address;
  readonly layout: StorageLayout;
  /** Logic of the account resources of this domain. */
  readonly logicRef: Bytes32;
  /** HTTPS URLs of 1 to 10 hosts. */
  readonly providers: readonly string[];
  /** How many providers have to agree: more than half of them. */
  readonly agreement: number;
};

/** Characters of a domain's name. */
export const MAX_NAME_LENGTH = 64;
export const MAX_PROVIDERS = 10;
/** Characters of a provider's URL. */
export const MAX_URL_LENGTH = 512;
const CHAIN_ID_END = 2n ** 53n;
/** A storage slot is a word: ERC-7201 puts state behind hashes. */
const SLOT_END = 2n ** 256n;
/** Scheme, host with an optional port, and a path or query of visible ASCII; no user information, no fragment. */
const PROVIDER_URL = /^https:\/\/([a-z0-9.-]+(?::[0-9]{1,5})?)(?:[/?][\x21\x22\x24-\x7e]*)?$/;

/** `taggedHash("hypha/domain/evm/v1", u64 chain id, adapter address)`. */
export const evmDomainId = (config: Pick<EvmDomainConfig, 'chainId' | 'adapter'>): Bytes32 =>
  taggedHash('hypha/domain/evm/v1', encodeBigEndian(config.chainId, 8), config.adapter);

/**
 * Checks every field of a configuration.
 * @throws {ProtocolError} `domain/name`, `domain/chain-id`, `domain/adapter`, `domain/layout`, `domain/logic-ref`,
 * `domain/providers`, `domain/agreement`.
 */
export function validateEvmDomainConfig(config: EvmDomainConfig): void {
  const { name, chainId, layout, agreement, providers } = config;
  assertThat(
    isPlainName(name),
    'domain/name',
    `expected a name of 1 to ${MAX_NAME_LENGTH} visible characters`
  );
  assertThat(chainId > 0n && chainId < CHAIN_ID_END, 'domain/chain-id', `expected 0 < chain id < 2^53`);
  assertThat(isNotZero(config.adapter), 'domain/adapter', 'the adapter cannot be the zero address');
  assertThat(isLayout(layout), 'domain/layout', 'expected three different slots below 2^256');
  assertThat(isNotZero(config.logicRef), 'domain/logic-ref', 'the logic ref cannot be zero');
  assertProviders(providers);
  assertThat(
    Number.isInteger(agreement) && agreement > providers.length / 2 && agreement <= providers.length,
    'domain/agreement',
    `expected more than half of ${providers.length} providers, at most all; got ${agreement}`
  );
}

function assertProviders(providers: readonly string[]): void {
  const hosts = providers.map((url) =>
    url.length <= MAX_URL_LENGTH ? PROVIDER_URL.exec(url)?.[1] : undefined
  );
  const isCountRight = providers.length >= 1 && providers.length <= MAX_PROVIDERS;
  assertThat(isCountRight, 'domain/providers', `expected 1 to ${MAX_PROVIDERS}, got ${providers.length}`);
  assertThat(!hosts.includes(undefined), 'domain/providers', 'expected https URLs with lower-case hosts');
  assertThat(
    new Set(hosts).size === hosts.length,
    'domain/providers',
    'every provider needs a host of its own'
  );
}

/** Control and separator characters could make one domain's name look like another's. */
const isPlainName = (name: string): boolean =>
  name.length <= MAX_NAME_LENGTH && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(name);

const isNotZero = (bytes: Uint8Array): boolean => bytes.some((byte) => byte !== 0);

function isLayout(layout: StorageLayout): boolean {
  const slots = [layout.leafCountSlot, layout.rootValuesSlot, layout.nullifierPositionsSlot];
  return new Set(slots).size === slots.length && slots.every((slot) => slot >= 0n && slot < SLOT_END);
}

function assertThat(condition: boolean, code: string, expectation: string): void {
  if (!condition) throw new ProtocolError(code, expectation);
}

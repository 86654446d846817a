/** Adds an `evm` domain, or changes how an existing one is asked. */
import { type Bytes32, equalBytes, toHex } from '../../../core/bytes';
import { type EvmDomainConfig, evmDomainId, validateEvmDomainConfig } from '../../../core/domain/evm-domain';
import { ProtocolError } from '../../../core/error';
import { type DomainsContext, assertController } from '../guards';

/**
 * The domain's id. Chain and adapter are its identity; layout and logic decide what its proofs mean, so they stay as
 * they were registered. Name, providers and agreement may change, halted or not; a halted domain stays halted.
 * @throws {ProtocolError} `caller/not-controller`, `domain/immutable`, `domain/limit`, and the codes of the validation.
 */
export function registerEvmDomain({ runtime, store }: DomainsContext, config: EvmDomainConfig): Bytes32 {
  assertController(runtime);
  validateEvmDomainConfig(config);
  const id = evmDomainId(config);
  const existing = store.findDomain(id);
  if (existing !== undefined) assertSameMeaning(existing.config, config);
  store.saveDomain({ id, config, status: existing?.status ?? { status: 'running' } });
  return id;
}

function assertSameMeaning(registered: EvmDomainConfig, config: EvmDomainConfig): void {
  const { leafCountSlot, rootValuesSlot, nullifierPositionsSlot } = registered.layout;
  const isSame =
    equalBytes(registered.logicRef, config.logicRef) &&
    leafCountSlot === config.layout.leafCountSlot &&
    rootValuesSlot === config.layout.rootValuesSlot &&
    nullifierPositionsSlot === config.layout.nullifierPositionsSlot;
  if (!isSame) {
    throw new ProtocolError(
      'domain/immutable',
      `adapter ${toHex(config.adapter)} on chain ${config.chainId} is registered with another layout or logic`
    );
  }
}

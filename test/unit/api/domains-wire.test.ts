import { MAX_PROVIDERS } from '../../../src/core/domain/evm-domain';
import { IDL } from '@dfinity/candid';
import {
  AttestRequestIdl,
  type AttestRequestWire,
  AttestationIdl,
  DomainViewIdl,
  EvmCheckpointEvidenceIdl,
  EvmDomainConfigIdl
} from '../../../src/api/domains-idl';
import {
  MAX_NULLIFIERS,
  decodeAttestRequest,
  decodeAttestation,
  decodeDomainId,
  decodeDomainView,
  decodeEvmCheckpointEvidence,
  decodeEvmDomainConfig,
  encodeAttestRequest,
  encodeAttestation,
  encodeDomainView,
  encodeEvmCheckpointEvidence,
  encodeEvmDomainConfig
} from '../../../src/api/domains-wire';
import { MAX_HEADER_BYTES } from '../../../src/core/proof/ethereum-header';
import { MAX_NODE_BYTES, MAX_PROOF_NODES } from '../../../src/core/proof/merkle-patricia';
import { checkpointAt, domainConfig, fill32 } from '../canisters/domains/domain-records';
import { errorCode } from '../core/error-code';

/** What arrives on the other side of the wire. */
function travel<T>(type: IDL.Type, value: T): T {
  return IDL.decode([type], IDL.encode([type], [value]))[0] as T;
}

const largestNode = new Uint8Array(MAX_NODE_BYTES);
const largestProof = Array.from({ length: MAX_PROOF_NODES }, () => largestNode);
const evidence = {
  domainId: fill32(1),
  header: new Uint8Array(MAX_HEADER_BYTES).fill(7),
  accountProof: largestProof,
  leafCountProof: [Uint8Array.of(1)],
  rootCountProof: [Uint8Array.of(2), Uint8Array.of(3)],
  latestRootProof: []
};
const nullifiers = Array.from({ length: MAX_NULLIFIERS }, (_, n) => ({
  nullifier: fill32(n),
  proof: largestProof
}));

describe('what travels', () => {
  it('arrives as it was: evidence, requests, attestations at their limits', () => {
    const request = { domainId: fill32(1), height: 2n ** 64n - 1n, nullifiers };
    const attestation = { checkpoint: checkpointAt(5n), logicRef: fill32(2), present: [true, false] };

    expect(
      decodeEvmCheckpointEvidence(travel(EvmCheckpointEvidenceIdl, encodeEvmCheckpointEvidence(evidence)))
    ).toEqual(evidence);
    expect(decodeAttestRequest(travel(AttestRequestIdl, encodeAttestRequest(request)))).toEqual(request);
    expect(decodeAttestation(travel(AttestationIdl, encodeAttestation(attestation)))).toEqual(attestation);
  });

  it.each([
    ['running with a checkpoint', { status: 'running' }, checkpointAt(5n)],
    ['halted without one', { status: 'halted', reason: 'two blocks' }, undefined]
  ] as const)('arrives as it was: a domain %s', (_, status, latest) => {
    const view = { id: fill32(1), config: domainConfig(), status, latest };

    expect(decodeDomainView(travel(DomainViewIdl, encodeDomainView(view)))).toEqual(view);
  });

  it('carries slots of 256 bits', () => {
    const slot = 2n ** 256n - 1n;
    const config = domainConfig({
      layout: { leafCountSlot: slot, rootValuesSlot: 4n, nullifierPositionsSlot: 7n }
    });

    expect(decodeEvmDomainConfig(travel(EvmDomainConfigIdl, encodeEvmDomainConfig(config)))).toEqual(config);
  });
});

describe('decoders', () => {
  const config = encodeEvmDomainConfig(domainConfig());
  const wire = encodeEvmCheckpointEvidence(evidence);
  const request: AttestRequestWire = encodeAttestRequest({ domainId: fill32(1), height: 1n, nullifiers });
  const tooManyNodes = [...largestProof, largestNode];
  const tooLargeNode = [new Uint8Array(MAX_NODE_BYTES + 1)];
  const [nullifier = { nullifier: fill32(0), proof: [] }] = request.nullifiers;

  it.each<[string, string, () => unknown]>([
    ['a domain id of 31 bytes', 'bytes/length', () => decodeDomainId(new Uint8Array(31))],
    [
      'an adapter of 32 bytes',
      'bytes/length',
      () => decodeEvmDomainConfig({ ...config, adapter: fill32(1) })
    ],
    [
      'a logic ref of 33 bytes',
      'bytes/length',
      () => decodeEvmDomainConfig({ ...config, logic_ref: new Uint8Array(33) })
    ],
    ['a long name', 'wire/limit', () => decodeEvmDomainConfig({ ...config, name: 'x'.repeat(65) })],
    ['a long URL', 'wire/limit', () => decodeEvmDomainConfig({ ...config, providers: ['x'.repeat(513)] })],
    [
      'too many providers',
      'wire/limit',
      () => decodeEvmDomainConfig({ ...config, providers: Array<string>(MAX_PROVIDERS + 1).fill('x') })
    ],
    [
      'a large header',
      'wire/limit',
      () => decodeEvmCheckpointEvidence({ ...wire, header: new Uint8Array(MAX_HEADER_BYTES + 1) })
    ],
    [
      'too many account nodes',
      'wire/limit',
      () => decodeEvmCheckpointEvidence({ ...wire, account_proof: tooManyNodes })
    ],
    [
      'a large leaf count node',
      'wire/limit',
      () => decodeEvmCheckpointEvidence({ ...wire, leaf_count_proof: tooLargeNode })
    ],
    [
      'a large root count node',
      'wire/limit',
      () => decodeEvmCheckpointEvidence({ ...wire, root_count_proof: tooLargeNode })
    ],
    [
      'too many root nodes',
      'wire/limit',
      () => decodeEvmCheckpointEvidence({ ...wire, latest_root_proof: tooManyNodes })
    ],
    [
      'a short domain id in evidence',
      'bytes/length',
      () => decodeEvmCheckpointEvidence({ ...wire, domain: new Uint8Array(0) })
    ],
    [
      'too many nullifiers',
      'wire/limit',
      () => decodeAttestRequest({ ...request, nullifiers: [...request.nullifiers, nullifier] })
    ],
    [
      'a short nullifier',
      'bytes/length',
      () => decodeAttestRequest({ ...request, nullifiers: [{ ...nullifier, nullifier: new Uint8Array(31) }] })
    ],
    [
      'a large nullifier node',
      'wire/limit',
      () => decodeAttestRequest({ ...request, nullifiers: [{ ...nullifier, proof: tooLargeNode }] })
    ]
  ])('refuse %s', (_, code, decode) => {
    expect(errorCode(decode)).toBe(code);
  });
});

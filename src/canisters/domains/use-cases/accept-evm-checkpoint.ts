/**
 * Takes a final state of an `evm` domain. The relayer who brings it is trusted in nothing: the proofs are checked here
 * before a cycle is spent, and that the block is final is read from the domain's providers by this canister itself.
 */
import { type EvmCheckpointEvidence } from '../../../api/domains-wire';
import { type Bytes32, equalBytes, toHex } from '../../../core/bytes';
import { type Checkpoint, assertCheckpoint } from '../../../core/domain/checkpoint';
import { ProtocolError } from '../../../core/error';
import { verifyAdapterState } from '../../../core/proof/adapter-state';
import { type EthereumHeader, decodeHeader } from '../../../core/proof/ethereum-header';
import { agreeOnFinalBlock, askProviders } from '../ask-providers';
import { conflictingBlock, findContradiction } from '../checkpoint-order';
import { type DomainsContext, assertNamedCaller, requireRunningDomain } from '../guards';
import { type StoredDomain } from '../stored-records';

/** A checkpoint whose proofs hold, if only its block is final. */
type Candidate = Omit<Checkpoint, 'acceptedAtNs'>;

/**
 * The accepted checkpoint; the stored one, without asking anybody, when that very block was accepted before.
 * @throws {ProtocolError} see docs/protocol/errors.md. `checkpoint/conflicting-block`, `checkpoint/leaf-count-decreased`
 * and `checkpoint/root-rewritten` halt the domain; every other refusal leaves the state as it was.
 */
export async function acceptEvmCheckpoint(
  context: DomainsContext,
  evidence: EvmCheckpointEvidence
): Promise<Checkpoint> {
  const { runtime, store, inFlight } = context;
  assertNamedCaller(runtime);
  const asked = requireRunningDomain(store, evidence.domainId);
  const header = decodeHeader(evidence.header);
  const accepted = store.findCheckpoint(asked.id, header.number);
  if (accepted !== undefined && equalBytes(accepted.blockHash, header.hash)) return accepted;
  if (!store.keepsHeight(asked.id, header.number)) throw tooOld(header.number);
  const candidate = verifyEvidence(asked, { evidence, header });

  const claim = inFlight.claim(asked.id, runtime.timeNs());
  const reports = await askProviders(runtime, {
    providers: asked.config.providers,
    height: candidate.height
  });
  inFlight.release(claim);

  const domain = requireRunningDomain(store, asked.id);
  assertUnchanged(asked, domain);
  const agreedHash = agreeOnFinalBlock(reports, domain.config.agreement);
  return settle(context, { domain, candidate, agreedHash });
}

function verifyEvidence(
  { id, config }: StoredDomain,
  { evidence, header }: { readonly evidence: EvmCheckpointEvidence; readonly header: EthereumHeader }
): Candidate {
  const state = verifyAdapterState({
    ...evidence,
    header,
    adapter: config.adapter,
    layout: config.layout
  });
  const candidate = { domainId: id, ...state };
  assertCheckpoint({ ...candidate, acceptedAtNs: 0n });
  return candidate;
}

/** The last step, in one message, on the state of after the answers. */
function settle(
  { runtime, store }: DomainsContext,
  outcome: { readonly domain: StoredDomain; readonly candidate: Candidate; readonly agreedHash: Bytes32 }
): Checkpoint {
  const { domain, candidate, agreedHash } = outcome;
  const halt = (reason: ProtocolError): never => {
    store.saveDomain({
      ...domain,
      status: { status: 'halted', reason: `${reason.code}: ${reason.message}` }
    });
    throw reason;
  };
  const accepted = store.findCheckpoint(domain.id, candidate.height);
  if (accepted !== undefined && !equalBytes(accepted.blockHash, agreedHash))
    return halt(conflictingBlock(accepted, agreedHash));
  if (!equalBytes(candidate.blockHash, agreedHash)) throw headerMismatch(candidate, agreedHash);
  if (accepted !== undefined) return accepted;

  const checkpoint: Checkpoint = { ...candidate, acceptedAtNs: runtime.timeNs() };
  const contradiction = findContradiction(checkpoint, store.findNeighbours(domain.id, checkpoint.height));
  if (contradiction !== undefined) return halt(contradiction);
  store.addCheckpoint(checkpoint);
  return checkpoint;
}

function tooOld(height: bigint): ProtocolError {
  return new ProtocolError(
    'checkpoint/too-old',
    `height ${height} is below every checkpoint kept for the domain`,
    { height }
  );
}

/** Answers to a question that was put before a change (of providers, or by a resumption) are worth nothing after it. */
function assertUnchanged(asked: StoredDomain, now: StoredDomain): void {
  if (asked.revision !== now.revision) {
    throw new ProtocolError(
      'domain/changed',
      `domain ${toHex(asked.id)} was changed while its providers were asked: submit again`
    );
  }
}

function headerMismatch(candidate: Candidate, agreedHash: Bytes32): ProtocolError {
  return new ProtocolError(
    'domain/header-mismatch',
    `block ${candidate.height} is ${toHex(agreedHash)} by the providers, the header given is of ${toHex(candidate.blockHash)}`,
    { height: candidate.height, agreed: agreedHash, given: candidate.blockHash }
  );
}

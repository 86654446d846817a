/**
 * A fake of the signer and domains canisters at the relayer's ports. It judges a batch by the rules that concern a
 * relayer (limits, checkpoint, path, order, replay, all or nothing) and counts every effect. Its memory can be a file, so that
 * it outlives a killed relayer.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type EvmCheckpointEvidenceWire, type CheckpointWire } from '../../../src/api/domains-idl';
import { type Result, toErr } from '../../../src/api/errors';
import { type AccountViewWire, type TransitionBatchWire, type UnitWire } from '../../../src/api/signer-idl';
import { decodeTransitionBatch } from '../../../src/api/signer-wire';
import { decodeTransitionPayload } from '../../../src/core/account/transition-payload';
import { type Bytes32, bytes32, equalBytes, toHex } from '../../../src/core/bytes';
import { ProtocolError } from '../../../src/core/error';
import { type DomainsPort, type SignerPort } from '../../../src/relayer/jobs/submit-transition';
import { digest, fakeNullifierProof, fakeStorageHash } from './fake-chain';

/** Made once per applied transition: what must never be lost or doubled. */
export type Effect = { readonly account: string; readonly nullifier: string; readonly commitment: string };
type Note =
  | { readonly effects: readonly Effect[] }
  | { readonly checkpoint: { height: string; root: string; leafCount: string } };

/** The nullifier that consumes an account resource, in this fake world. */
export const fakeNullifierOf = (commitment: Bytes32): Bytes32 => digest('nullifier', commitment);

export class FakeNetwork implements SignerPort, DomainsPort {
  readonly effects: Effect[] = [];
  readonly checkpoints = new Map<bigint, { readonly root: Bytes32; readonly leafCount: bigint }>();
  /** Hex ids of accounts that were never created. */
  readonly unknownAccounts = new Set<string>();
  applyCalls = 0;
  checkpointCalls = 0;

  constructor(private readonly memoryFile?: string) {
    if (memoryFile === undefined || !existsSync(memoryFile)) return;
    for (const line of readFileSync(memoryFile, 'utf8').split('\n').filter(Boolean)) {
      this.take(JSON.parse(line) as Note);
    }
  }

  accept_evm_checkpoint(evidence: EvmCheckpointEvidenceWire): Promise<Result<CheckpointWire>> {
    this.checkpointCalls += 1;
    return Promise.resolve(answer(() => this.acceptCheckpoint(evidence)));
  }

  apply_transitions(batch: TransitionBatchWire): Promise<Result<AccountViewWire[]>> {
    this.applyCalls += 1;
    return Promise.resolve(
      answer(() => {
        this.remember({ effects: this.judge(batch) });
        return [];
      })
    );
  }

  /** Forgets a checkpoint, as a canister that keeps only the last few. */
  pruneCheckpoints(): void {
    this.checkpoints.clear();
  }

  /** The head commitments of `account`, first to last. */
  headsOf(account: Bytes32): string[] {
    return this.effects
      .filter((effect) => effect.account === toHex(account))
      .map(({ commitment }) => commitment);
  }

  private acceptCheckpoint(evidence: EvmCheckpointEvidenceWire): CheckpointWire {
    const [root, countDigest] = evidence.latest_root_proof;
    const height = heightOf(evidence);
    const leafCount = searchNumber(1_000, (count) =>
      equalBytes(digest(String(count)), countDigest ?? new Uint8Array())
    );
    const checkpoint = { root: bytes32(root ?? new Uint8Array(), 'root'), leafCount: BigInt(leafCount) };
    this.remember({
      checkpoint: { height: String(height), root: toHex(checkpoint.root), leafCount: String(leafCount) }
    });
    return {
      domain: evidence.domain,
      height,
      block_hash: digest('any'),
      root: checkpoint.root,
      leaf_count: checkpoint.leafCount,
      storage_hash: fakeStorageHash(height),
      accepted_at_ns: 0n
    };
  }

  private judge(batch: TransitionBatchWire): Effect[] {
    decodeTransitionBatch(batch);
    const checkpoint = this.checkpoints.get(batch.height);
    if (checkpoint === undefined) throw new ProtocolError('checkpoint/unknown', 'no such checkpoint');
    if (batch.units.length * 2 !== batch.tags.length)
      throw new ProtocolError('transition/units', 'not all units');
    const made: Effect[] = [];
    for (const [index, unit] of batch.units.entries()) {
      const tags = unitTags(batch, index);
      const [payload] = unit.payload;
      if (payload !== undefined) made.push(this.judgeTransition(payload, tags, [...this.effects, ...made]));
      const isBinding = payload !== undefined && decodeTransitionPayload(payload).purpose === 'binding';
      assertMember({ unit, commitment: tags.commitment, checkpoint });
      if (!isBinding) assertConsumed(unit, { nullifier: tags.nullifier, height: batch.height });
    }
    assertConsentsMet(batch, made);
    return made;
  }

  private judgeTransition(payload: Uint8Array, tags: UnitTags, earlier: readonly Effect[]): Effect {
    const { purpose, successor } = decodeTransitionPayload(payload);
    const account = toHex(successor.labelRef);
    if (successor.quantity !== 1n) throw new ProtocolError('transition/quantity', 'expected quantity 1');
    if (this.unknownAccounts.has(account)) throw new ProtocolError('account/unknown', 'no such account');
    const effect = { account, nullifier: toHex(tags.nullifier), commitment: toHex(tags.commitment) };
    if (earlier.some(({ nullifier }) => nullifier === effect.nullifier)) {
      throw new ProtocolError('transition/replayed', 'replayed');
    }
    const head = earlier.filter((one) => one.account === account).at(-1)?.commitment;
    if (purpose === 'binding') {
      if (head !== undefined) throw new ProtocolError('transition/already-bound', 'bound');
      return effect;
    }
    if (head === undefined) throw new ProtocolError('transition/not-bound', 'not bound');
    if (!equalBytes(tags.nullifier, fakeNullifierOf(bytes32(Buffer.from(head, 'hex'), 'head')))) {
      throw new ProtocolError('transition/nullifier', 'nullifier of another head');
    }
    return effect;
  }

  private remember(note: Note): void {
    if (this.memoryFile !== undefined) appendFileSync(this.memoryFile, `${JSON.stringify(note)}\n`);
    this.take(note);
  }

  private take(note: Note): void {
    if ('effects' in note) this.effects.push(...note.effects);
    else {
      const { height, root, leafCount } = note.checkpoint;
      this.checkpoints.set(BigInt(height), {
        root: bytes32(Uint8Array.from(Buffer.from(root, 'hex')), 'root'),
        leafCount: BigInt(leafCount)
      });
    }
  }
}

type UnitTags = { readonly nullifier: Bytes32; readonly commitment: Bytes32 };

const unitTags = ({ tags }: TransitionBatchWire, index: number): UnitTags => ({
  nullifier: bytes32(tags[2 * index] ?? new Uint8Array(), 'nullifier'),
  commitment: bytes32(tags[2 * index + 1] ?? new Uint8Array(), 'commitment')
});

/** Folds the path with Node's SHA-256, and requires the length the leaf count allows. */
function assertMember(claim: {
  readonly unit: UnitWire;
  readonly commitment: Bytes32;
  readonly checkpoint: { readonly root: Bytes32; readonly leafCount: bigint };
}): void {
  const { unit, commitment, checkpoint } = claim;
  const { root, leafCount } = checkpoint;
  const depth = leafCount === 0n ? 0 : Math.floor(Math.log2(Number(leafCount))) + 1;
  if (unit.path.length !== depth) throw new ProtocolError('proof/path-length', 'length');
  if (unit.leaf_index >= leafCount) throw new ProtocolError('proof/leaf-out-of-range', 'index');
  let node = commitment;
  unit.path.forEach((sibling, level) => {
    const isRight = (unit.leaf_index >> BigInt(level)) % 2n === 1n;
    node = isRight ? digest(sibling, node) : digest(node, sibling);
  });
  if (!equalBytes(node, root)) throw new ProtocolError('proof/root-mismatch', 'root');
}

function assertConsumed(
  unit: UnitWire,
  { nullifier, height }: { readonly nullifier: Bytes32; readonly height: bigint }
): void {
  const [expected] = fakeNullifierProof(nullifier, fakeStorageHash(height));
  const [actual] = unit.nullifier_proof;
  if (expected === undefined || actual === undefined || !equalBytes(expected, actual)) {
    throw new ProtocolError('transition/nullifier-not-in-set', 'no proof');
  }
}

function assertConsentsMet(batch: TransitionBatchWire, made: readonly Effect[]): void {
  const consents = batch.units
    .flatMap(({ payload }) => payload)
    .flatMap((payload) => decodeTransitionPayload(payload).consents);
  const isMet = consents.every(({ accountId }) => made.some(({ account }) => account === toHex(accountId)));
  if (!isMet) throw new ProtocolError('transition/consent-unmet', 'an account does not move');
}

function answer<T>(work: () => T): Result<T> {
  try {
    return { Ok: work() };
  } catch (error) {
    return toErr(error);
  }
}

/** The fake chain's proofs are digests of the height they are for. */
function heightOf(evidence: EvmCheckpointEvidenceWire): bigint {
  const [node] = evidence.account_proof;
  return BigInt(
    searchNumber(10_000, (height) => equalBytes(digest('account', String(height)), node ?? new Uint8Array()))
  );
}

function searchNumber(limit: number, matches: (candidate: number) => boolean): number {
  for (let candidate = 0; candidate < limit; candidate += 1) if (matches(candidate)) return candidate;
  throw new ProtocolError('domain/evidence', 'evidence of no block');
}

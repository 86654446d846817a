/**
 * A fake of the signer and domains canisters at the relayer's ports. It judges a batch by the rules that concern a
 * relayer (checkpoint, path, order, replay, all or nothing) and counts every effect. Its memory can be a file, so that
 * it outlives a killed relayer.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type EvmCheckpointEvidenceWire, type CheckpointWire } from '../../../src/api/domains-idl';
import { type Result, toErr } from '../../../src/api/errors';
import {
  type AccountViewWire,
  type TransitionBatchWire,
  type TransitionWire
} from '../../../src/api/signer-idl';
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
    const checkpoint = this.checkpoints.get(batch.height);
    if (checkpoint === undefined) throw new ProtocolError('checkpoint/unknown', 'no such checkpoint');
    const made: Effect[] = [];
    for (const transition of batch.transitions) {
      assertMember(transition, checkpoint);
      made.push(this.judgeTransition(transition, { batch, earlier: [...this.effects, ...made] }));
    }
    return made;
  }

  private judgeTransition(
    transition: TransitionWire,
    { batch, earlier }: { readonly batch: TransitionBatchWire; readonly earlier: readonly Effect[] }
  ): Effect {
    const { purpose, successor } = decodeTransitionPayload(transition.payload);
    const account = toHex(successor.labelRef);
    if (successor.quantity !== 1n) throw new ProtocolError('transition/quantity', 'expected quantity 1');
    const nullifier = bytes32(transition.tags[2 * transition.unit_index] ?? new Uint8Array(), 'nullifier');
    const commitment = toHex(transition.tags[2 * transition.unit_index + 1] ?? new Uint8Array());
    const head = earlier.filter((effect) => effect.account === account).at(-1)?.commitment;
    if (purpose === 'binding') {
      if (head !== undefined) throw new ProtocolError('transition/already-bound', 'bound');
      return { account, nullifier: toHex(nullifier), commitment };
    }
    if (earlier.some((effect) => effect.nullifier === toHex(nullifier))) {
      throw new ProtocolError('transition/replayed', 'replayed');
    }
    if (head === undefined) throw new ProtocolError('transition/not-bound', 'not bound');
    if (!equalBytes(nullifier, fakeNullifierOf(bytes32(Buffer.from(head, 'hex'), 'head')))) {
      throw new ProtocolError('transition/nullifier', 'nullifier of another head');
    }
    const [expected] = fakeNullifierProof(nullifier, fakeStorageHash(batch.height));
    const [actual] = transition.nullifier_proof;
    if (expected === undefined || actual === undefined || !equalBytes(expected, actual)) {
      throw new ProtocolError('transition/nullifier-not-in-set', 'no proof');
    }
    return { account, nullifier: toHex(nullifier), commitment };
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

/** Folds the path with Node's SHA-256, and requires the length the leaf count allows. */
function assertMember(
  transition: TransitionWire,
  { root, leafCount }: { readonly root: Bytes32; readonly leafCount: bigint }
): void {
  const depth = leafCount === 0n ? 0 : Math.floor(Math.log2(Number(leafCount))) + 1;
  if (transition.path.length !== depth) throw new ProtocolError('proof/path-length', 'length');
  if (transition.leaf_index >= leafCount) throw new ProtocolError('proof/leaf-out-of-range', 'index');
  let node = bytes32(transition.tags[2 * transition.unit_index + 1] ?? new Uint8Array(), 'leaf');
  transition.path.forEach((sibling, level) => {
    const isRight = (transition.leaf_index >> BigInt(level)) % 2n === 1n;
    node = isRight ? digest(sibling, node) : digest(node, sibling);
  });
  if (!equalBytes(node, root)) throw new ProtocolError('proof/root-mismatch', 'root');
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

/**
 * Makes transactions: resources to an unproven action, unproven actions and application data to a proven transaction.
 * Two steps, because what an owner signs (the action tree root) must exist before the application data that carries
 * the signature.
 */
import { type Bytes32, bytes32, equalBytes } from '../bytes';
import { actionTreeRoot } from './action';
import { type ComplianceInstance, encodeComplianceJournal, unitDeltaOf } from './compliance';
import { assertDeltaProof } from './delta';
import { ProtocolError } from '../error';
import { deriveKind } from './kind';
import { composeDeltaWitness, proveDelta, unitDelta } from './make-delta';
import { type AppData, encodeLogicJournal } from './logic';
import { type Resource, commitResource, deriveNullifier } from './resource';
import type { Action, ComplianceUnit, LogicInput, Transaction } from './transaction';

/**
 * What one compliance unit consumes and creates. `nk`: nullifier key of the consumed resource. `root`: a historical root
 * over its commitment; any historical root (usually the initial one) when it is ephemeral. `rcv`: random scalar.
 */
export type UnitPlan = {
  readonly consumed: { readonly resource: Resource; readonly nk: Bytes32; readonly root: Bytes32 };
  readonly created: { readonly resource: Resource };
  readonly rcv: Bytes32;
};

/** `tags`: nullifier, commitment, nullifier, ... in the order of `units`. */
export type UnprovenAction = {
  readonly units: readonly { readonly plan: UnitPlan; readonly instance: ComplianceInstance }[];
  readonly tags: readonly Bytes32[];
  readonly actionTreeRoot: Bytes32;
};

/** A resource whose logic is proven; `nk` is there exactly when it is consumed. Its `logicRef` is the image id. */
export type LogicWitness = { readonly resource: Resource; readonly nk?: Bytes32 };

/** Makes the seals of a transaction: over the journal given, from the witness given. */
export interface Prover {
  proveCompliance(journal: Uint8Array, witness: UnitPlan): Promise<Uint8Array>;
  proveLogic(journal: Uint8Array, witness: LogicWitness): Promise<Uint8Array>;
}

/** An action and the application data of each of its tags (as bytes, not identity; asked once for each). */
export type ActionPlan = {
  readonly action: UnprovenAction;
  readonly appDataOf: (tag: Bytes32) => AppData;
};

/**
 * The instances, tags and action tree root of these units.
 * @throws {ProtocolError} `action/nonce-link` unless each created nonce is the nullifier consumed beside it, errors of
 *   `deriveNullifier`, `secp256k1/scalar-range`.
 */
export function buildAction(plans: readonly UnitPlan[]): UnprovenAction {
  const units = plans.map((plan) => ({ plan, instance: buildInstance(plan) }));
  const tags = units.flatMap(({ instance }) => [instance.consumed.nullifier, instance.created.commitment]);
  return { units, tags, actionTreeRoot: actionTreeRoot(tags) };
}

/**
 * A proven transaction of these actions. All parties' actions enter here together: the delta proof covers every tag, so
 * nothing can be added or dropped afterwards.
 * @throws {ProtocolError} `logic/blob-length`, `delta/mismatch` when the transaction is not balanced.
 */
export async function proveTransaction(prover: Prover, plans: readonly ActionPlan[]): Promise<Transaction> {
  const actions: Action[] = [];
  for (const plan of plans) actions.push(await proveAction(prover, plan));
  const units = plans.flatMap(({ action }) => action.units);
  const tags = plans.flatMap(({ action }) => action.tags);
  const deltaProof = proveDelta(composeDeltaWitness(units.map(({ plan }) => plan.rcv)), tags);
  const unitDeltas = units.map(({ instance }) => unitDeltaOf(instance));
  assertDeltaProof({ proof: deltaProof, tags, unitDeltas });
  return { actions, deltaProof, aggregationProof: new Uint8Array(0) };
}

function buildInstance({ consumed, created, rcv }: UnitPlan): ComplianceInstance {
  const nullifier = deriveNullifier(consumed.resource, consumed.nk);
  if (!equalBytes(created.resource.nonce, nullifier)) {
    throw new ProtocolError('action/nonce-link', 'the created nonce must be the nullifier of the same unit', {
      expected: nullifier,
      actual: created.resource.nonce
    });
  }
  const delta = unitDelta({
    consumed: { kind: deriveKind(consumed.resource), quantity: consumed.resource.quantity },
    created: { kind: deriveKind(created.resource), quantity: created.resource.quantity },
    rcv
  });
  return {
    consumed: {
      nullifier,
      logicRef: consumed.resource.logicRef,
      commitmentTreeRoot: consumed.root
    },
    created: { commitment: commitResource(created.resource), logicRef: created.resource.logicRef },
    unitDeltaX: bytes32(delta.slice(0, 32), 'unit delta x'),
    unitDeltaY: bytes32(delta.slice(32), 'unit delta y')
  };
}

async function proveAction(prover: Prover, { action, appDataOf }: ActionPlan): Promise<Action> {
  const complianceUnits: ComplianceUnit[] = [];
  const logicInputs: LogicInput[] = [];
  const proveTag = async (tag: Bytes32, witness: LogicWitness): Promise<void> => {
    const appData = appDataOf(tag);
    const isConsumed = witness.nk !== undefined;
    const journal = encodeLogicJournal({ tag, isConsumed, actionTreeRoot: action.actionTreeRoot, appData });
    const proof = await prover.proveLogic(journal, witness);
    logicInputs.push({ tag, verifyingKey: witness.resource.logicRef, appData, proof });
  };
  for (const { plan, instance } of action.units) {
    const proof = await prover.proveCompliance(encodeComplianceJournal(instance), plan);
    complianceUnits.push({ instance, proof });
    await proveTag(instance.consumed.nullifier, { resource: plan.consumed.resource, nk: plan.consumed.nk });
    await proveTag(instance.created.commitment, { resource: plan.created.resource });
  }
  return { complianceUnits, logicInputs };
}

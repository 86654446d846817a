/** The receipts an action claims: what its seals must prove. */
import { type Bytes32, equalBytes } from '../bytes';
import { ProtocolError } from '../error';
import { actionTreeRoot } from './action';
import { encodeComplianceJournal } from './compliance';
import { encodeLogicJournal } from './logic';
import { type Action, type LogicInput, actionTags } from './transaction';

/** A guest (`imageId`), its public output and the seal that claims it. */
export type Receipt = { readonly imageId: Bytes32; readonly journal: Uint8Array; readonly seal: Uint8Array };

/** The compliance receipts of an action, in the order of its units. */
export function complianceReceipts(action: Action, complianceKey: Bytes32): Receipt[] {
  return action.complianceUnits.map(({ instance, proof }) => ({
    imageId: complianceKey,
    journal: encodeComplianceJournal(instance),
    seal: proof
  }));
}

/**
 * The logic receipts of an action, in the order of its tags. Who is consumed is taken from the compliance instances
 * alone: nothing else binds it.
 * @throws {ProtocolError} `action/tag-count`, `action/tag-not-found`, `action/logic-ref-mismatch`, `logic/blob-length`.
 */
export function logicReceipts(action: Action): Receipt[] {
  const tags = actionTags(action);
  if (tags.length !== action.logicInputs.length) {
    throw new ProtocolError(
      'action/tag-count',
      `expected ${tags.length} logic inputs, got ${action.logicInputs.length}`
    );
  }
  const root = actionTreeRoot(tags);
  return action.complianceUnits.flatMap(({ instance: { consumed, created } }) => [
    logicReceipt(inputOf(action, consumed.nullifier, consumed.logicRef), { isConsumed: true, root }),
    logicReceipt(inputOf(action, created.commitment, created.logicRef), { isConsumed: false, root })
  ]);
}

function logicReceipt(
  input: LogicInput,
  context: { readonly isConsumed: boolean; readonly root: Bytes32 }
): Receipt {
  const { tag, appData } = input;
  const journal = encodeLogicJournal({
    tag,
    isConsumed: context.isConsumed,
    actionTreeRoot: context.root,
    appData
  });
  return { imageId: input.verifyingKey, journal, seal: input.proof };
}

function inputOf(action: Action, tag: Bytes32, logicRef: Bytes32): LogicInput {
  const input = action.logicInputs.find((candidate) => equalBytes(candidate.tag, tag));
  if (input === undefined) {
    throw new ProtocolError('action/tag-not-found', 'no logic input has the tag of the compliance unit', {
      tag
    });
  }
  if (!equalBytes(input.verifyingKey, logicRef)) {
    throw new ProtocolError(
      'action/logic-ref-mismatch',
      "the logic input's key is not the unit's logic ref",
      {
        tag,
        expected: logicRef,
        actual: input.verifyingKey
      }
    );
  }
  return input;
}

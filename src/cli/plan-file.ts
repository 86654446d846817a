/** Transfer plans on disk, readable by their owner alone: they tell when heads are consumed. */
import { type TransferPlan, decodeTransferPlan, encodeTransferPlan } from '../sdk/index';
import { type TextFile, createTextFile, readTextFile, replaceTextFile } from './text-file';

const planFile = (path: string): TextFile => ({
  path,
  code: 'cli/plan-file',
  hint: '`hypha transfer propose` and `bind` write one'
});

/** A plan that was read, and the text it was read from. */
export type StoredPlan = { readonly plan: TransferPlan; readonly path: string; readonly text: string };

/** The plan in the file. @throws {ProtocolError} `cli/plan-file`, `transfer/*`. */
export function readPlanFile(path: string): StoredPlan {
  const text = readTextFile(planFile(path));
  return { plan: decodeTransferPlan(text), path, text };
}

/** Writes a new plan. @throws {ProtocolError} `cli/plan-file`, also when the file is there already. */
export function createPlanFile(path: string, plan: TransferPlan): void {
  createTextFile(planFile(path), encodeTransferPlan(plan));
}

/** Writes what became of a plan in its place. @throws {ProtocolError} `cli/plan-file`, also when it changed meanwhile. */
export function replacePlanFile(stored: StoredPlan, plan: TransferPlan): void {
  replaceTextFile(planFile(stored.path), { from: stored.text, to: encodeTransferPlan(plan) });
}

/** Transfer plans on disk. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ProtocolError } from '../core/error';
import { type TransferPlan, decodeTransferPlan, encodeTransferPlan } from '../sdk';

/** The plan in the file. @throws {ProtocolError} `cli/plan-file`, `transfer/plan-format`. */
export function readPlanFile(path: string): TransferPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ProtocolError('cli/plan-file', `${path} cannot be read`, {}, { cause });
  }
  return decodeTransferPlan(text);
}

/** Writes the plan, readable by its owner alone: it tells when heads are consumed. */
export function writePlanFile(path: string, plan: TransferPlan): void {
  writeFileSync(path, encodeTransferPlan(plan), { mode: 0o600 });
}

/** One call of every function of the System API that can fail only for where it is made. */
import { type Program, program } from './program';
import { SYSTEM_API, SYSTEM_API_NAMES, type SystemApiName } from './system-api';

/** The canister needs an environment variable of this name. */
export const VARIABLE = { name: 'A', value: 'b' };

const ON_CALLS: readonly SystemApiName[] = [
  'call_on_cleanup',
  'call_data_append',
  'call_with_best_effort_response',
  'call_cycles_add',
  'call_cycles_add128',
  'call_perform'
];
const ANSWERS: readonly SystemApiName[] = ['msg_reply', 'msg_reject'];
/** Functions that take a key name and a curve. */
const OF_KEYS: readonly SystemApiName[] = [
  'cost_sign_with_ecdsa',
  'cost_sign_with_schnorr',
  'cost_vetkd_derive_key'
];

export type HarmlessCall = {
  readonly name: SystemApiName;
  readonly run: Program;
  /** Whether it answers the message, so that nothing more can. */
  readonly isAnswer: boolean;
};

/** All but `trap`, which has no harmless call. */
export const HARMLESS_CALLS: readonly HarmlessCall[] = SYSTEM_API_NAMES.filter((name) => name !== 'trap').map(
  (name) => ({ name, run: callHarmlessly(name), isAnswer: ANSWERS.includes(name) })
);

function callHarmlessly(name: SystemApiName): Program {
  const start = ON_CALLS.includes(name) ? startCall() : program();
  if (name === 'call_new') return startCall();
  if (name.startsWith('env_var_name_exists') || name.startsWith('env_var_value')) {
    return zeros(program().text(VARIABLE.name).op('split'), name, 2);
  }
  if (name === 'is_controller') return program().blob(Uint8Array.of(4)).give(name);
  if (OF_KEYS.includes(name)) return program().text('key_1').op('split').int(0).int(0).op(name);
  return zeros(start, name, 0);
}

/** Zeros for the parameters that are not given yet: sizes of nothing, addresses that no one uses, amounts. */
function zeros(run: Program, name: SystemApiName, given: number): Program {
  const [params] = SYSTEM_API[name];
  return run.ic0(name, ...Array.from({ length: params.length - given }, () => 0));
}

/** A call of the canister itself, without callbacks and not performed. */
function startCall(): Program {
  return program().self().op('split').text('query').op('split').ic0('call_new', 0, 0, 0, 0);
}

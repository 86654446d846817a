import { CONTEXTS, type ContextName } from './execution-context';

/** Signature (`i` for i32, `l` for i64) and allowed contexts of one `ic0` function. */
export type ApiDeclaration = {
  readonly params: string;
  readonly result: string;
  readonly contexts: ReadonlySet<ContextName>;
};

const ANSWERING = 'U RQ NRQ TQ CQ Ry Rt CRy CRt';
const WITH_ARGUMENT = 'I U RQ NRQ TQ CQ Ry CRy F';
const WITH_CALLER_INFO = 'U RQ NRQ CQ Ry Rt CRy CRt C CC F';
const CALLING = 'U CQ Ry Rt CRy CRt T';
const CHANGING = 'I G U Ry Rt T';
const ACCEPTING = 'U RQ Rt Ry';
/** Everywhere but the start function. */
const ANY = '*';
const ANY_AND_START = '* s';

/** Name, parameters, result, contexts. Source: interface specification 0.66, section System API. */
const ROWS: readonly (readonly [name: string, params: string, result: string, contexts: string])[] = [
  ['msg_arg_data_size', '', 'i', WITH_ARGUMENT],
  ['msg_arg_data_copy', 'iii', '', WITH_ARGUMENT],
  ['msg_caller_size', '', 'i', ANY],
  ['msg_caller_copy', 'iii', '', ANY],
  ['msg_caller_info_data_size', '', 'i', WITH_CALLER_INFO],
  ['msg_caller_info_data_copy', 'iii', '', WITH_CALLER_INFO],
  ['msg_caller_info_signer_size', '', 'i', WITH_CALLER_INFO],
  ['msg_caller_info_signer_copy', 'iii', '', WITH_CALLER_INFO],
  ['msg_reject_code', '', 'i', 'Ry Rt CRy CRt C'],
  ['msg_reject_msg_size', '', 'i', 'Rt CRt'],
  ['msg_reject_msg_copy', 'iii', '', 'Rt CRt'],
  ['msg_deadline', '', 'l', 'U RQ NRQ TQ CQ Ry Rt CRy CRt'],
  ['msg_reply_data_append', 'ii', '', ANSWERING],
  ['msg_reply', '', '', ANSWERING],
  ['msg_reject', 'ii', '', ANSWERING],
  ['msg_cycles_available', '', 'l', ACCEPTING],
  ['msg_cycles_available128', 'i', '', ACCEPTING],
  ['msg_cycles_refunded', '', 'l', 'Rt Ry'],
  ['msg_cycles_refunded128', 'i', '', 'Rt Ry'],
  ['msg_cycles_accept', 'l', 'l', ACCEPTING],
  ['msg_cycles_accept128', 'lli', '', ACCEPTING],
  ['cycles_burn128', 'lli', '', 'I G U RQ Ry Rt C T'],
  ['canister_self_size', '', 'i', ANY],
  ['canister_self_copy', 'iii', '', ANY],
  ['canister_cycle_balance', '', 'l', ANY],
  ['canister_cycle_balance128', 'i', '', ANY],
  ['canister_liquid_cycle_balance128', 'i', '', ANY],
  ['canister_status', '', 'i', ANY],
  ['canister_version', '', 'l', ANY],
  ['root_key_size', '', 'i', 'I G U RQ Ry Rt C T'],
  ['root_key_copy', 'iii', '', 'I G U RQ Ry Rt C T'],
  ['subnet_self_size', '', 'i', ANY],
  ['subnet_self_copy', 'iii', '', ANY],
  ['env_var_count', '', 'i', ANY],
  ['env_var_name_size', 'i', 'i', ANY],
  ['env_var_name_copy', 'iiii', '', ANY],
  ['env_var_name_exists', 'ii', 'i', ANY],
  ['env_var_value_size', 'ii', 'i', ANY],
  ['env_var_value_copy', 'iiiii', '', ANY],
  ['msg_method_name_size', '', 'i', 'F'],
  ['msg_method_name_copy', 'iii', '', 'F'],
  ['accept_message', '', '', 'F'],
  ['call_new', 'iiiiiiii', '', CALLING],
  ['call_on_cleanup', 'ii', '', CALLING],
  ['call_data_append', 'ii', '', CALLING],
  ['call_with_best_effort_response', 'i', '', CALLING],
  ['call_cycles_add', 'l', '', 'U Ry Rt T'],
  ['call_cycles_add128', 'll', '', 'U Ry Rt T'],
  ['call_perform', '', 'i', CALLING],
  ['stable_size', '', 'i', ANY_AND_START],
  ['stable_grow', 'i', 'i', ANY_AND_START],
  ['stable_write', 'iii', '', ANY_AND_START],
  ['stable_read', 'iii', '', ANY_AND_START],
  ['stable64_size', '', 'l', ANY_AND_START],
  ['stable64_grow', 'l', 'l', ANY_AND_START],
  ['stable64_write', 'lll', '', ANY_AND_START],
  ['stable64_read', 'lll', '', ANY_AND_START],
  ['certified_data_set', 'ii', '', CHANGING],
  ['data_certificate_present', '', 'i', ANY],
  ['data_certificate_size', '', 'i', 'NRQ CQ'],
  ['data_certificate_copy', 'iii', '', 'NRQ CQ'],
  ['time', '', 'l', ANY],
  ['global_timer_set', 'l', 'l', 'I G U Ry Rt C T'],
  ['performance_counter', 'i', 'l', ANY_AND_START],
  ['is_controller', 'ii', 'i', ANY_AND_START],
  ['in_replicated_execution', '', 'i', ANY_AND_START],
  ['cost_call', 'lli', '', ANY_AND_START],
  ['cost_create_canister', 'i', '', ANY_AND_START],
  ['cost_http_request', 'lli', '', ANY_AND_START],
  ['cost_sign_with_ecdsa', 'iiii', 'i', ANY_AND_START],
  ['cost_sign_with_schnorr', 'iiii', 'i', ANY_AND_START],
  ['cost_vetkd_derive_key', 'iiii', 'i', ANY_AND_START],
  ['debug_print', 'ii', '', ANY_AND_START],
  ['trap', 'ii', '', ANY_AND_START]
];

function parseContexts(letters: string): ReadonlySet<ContextName> {
  const wanted = new Set(letters.split(' '));
  const names = Object.keys(CONTEXTS).filter((name): name is ContextName => name in CONTEXTS);
  return new Set(
    names.filter((name) => wanted.has(CONTEXTS[name].letter) || (wanted.has('*') && name !== 'start'))
  );
}

export const SYSTEM_API: ReadonlyMap<string, ApiDeclaration> = new Map(
  ROWS.map(([name, params, result, contexts]) => [
    name,
    { params, result, contexts: parseContexts(contexts) }
  ])
);

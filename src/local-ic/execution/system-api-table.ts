import { CONTEXTS, type ContextName } from './execution-context';

/**
 * Signature and allowed contexts of one `ic0` function. A letter is a word: `i` i32, `l` i64, `p` a pointer, size or
 * table index and `e` the environment of a callback, both as wide as the module's addresses.
 */
export type ApiDeclaration = {
  readonly params: string;
  readonly result: string;
  readonly contexts: ReadonlySet<ContextName>;
  /** Not there for modules with 64-bit memory. */
  readonly isOnly32Bit: boolean;
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

/**
 * Name, parameters, result, contexts. Source: interface specification 0.66, section System API; `mint_cycles128`, of
 * the cycles minting canister alone, from the replica.
 */
const ROWS: readonly (readonly [name: string, params: string, result: string, contexts: string])[] = [
  ['msg_arg_data_size', '', 'p', WITH_ARGUMENT],
  ['msg_arg_data_copy', 'ppp', '', WITH_ARGUMENT],
  ['msg_caller_size', '', 'p', ANY],
  ['msg_caller_copy', 'ppp', '', ANY],
  ['msg_caller_info_data_size', '', 'p', WITH_CALLER_INFO],
  ['msg_caller_info_data_copy', 'ppp', '', WITH_CALLER_INFO],
  ['msg_caller_info_signer_size', '', 'p', WITH_CALLER_INFO],
  ['msg_caller_info_signer_copy', 'ppp', '', WITH_CALLER_INFO],
  ['msg_reject_code', '', 'i', 'Ry Rt CRy CRt C'],
  ['msg_reject_msg_size', '', 'p', 'Rt CRt'],
  ['msg_reject_msg_copy', 'ppp', '', 'Rt CRt'],
  ['msg_deadline', '', 'l', 'U RQ NRQ TQ CQ Ry Rt CRy CRt'],
  ['msg_reply_data_append', 'pp', '', ANSWERING],
  ['msg_reply', '', '', ANSWERING],
  ['msg_reject', 'pp', '', ANSWERING],
  ['msg_cycles_available', '', 'l', ACCEPTING],
  ['msg_cycles_available128', 'p', '', ACCEPTING],
  ['msg_cycles_refunded', '', 'l', 'Rt Ry'],
  ['msg_cycles_refunded128', 'p', '', 'Rt Ry'],
  ['msg_cycles_accept', 'l', 'l', ACCEPTING],
  ['msg_cycles_accept128', 'llp', '', ACCEPTING],
  ['mint_cycles128', 'llp', '', 'U Ry Rt T'],
  ['cycles_burn128', 'llp', '', 'I G U RQ Ry Rt C T'],
  ['canister_self_size', '', 'p', ANY],
  ['canister_self_copy', 'ppp', '', ANY],
  ['canister_cycle_balance', '', 'l', ANY],
  ['canister_cycle_balance128', 'p', '', ANY],
  ['canister_liquid_cycle_balance128', 'p', '', ANY],
  ['canister_status', '', 'i', ANY],
  ['canister_version', '', 'l', ANY],
  ['root_key_size', '', 'p', 'I G U RQ Ry Rt C T'],
  ['root_key_copy', 'ppp', '', 'I G U RQ Ry Rt C T'],
  ['subnet_self_size', '', 'p', ANY],
  ['subnet_self_copy', 'ppp', '', ANY],
  ['env_var_count', '', 'p', ANY],
  ['env_var_name_size', 'p', 'p', ANY],
  ['env_var_name_copy', 'pppp', '', ANY],
  ['env_var_name_exists', 'pp', 'i', ANY],
  ['env_var_value_size', 'pp', 'p', ANY],
  ['env_var_value_copy', 'ppppp', '', ANY],
  ['msg_method_name_size', '', 'p', 'F'],
  ['msg_method_name_copy', 'ppp', '', 'F'],
  ['accept_message', '', '', 'F'],
  ['call_new', 'pppppepe', '', CALLING],
  ['call_on_cleanup', 'pe', '', CALLING],
  ['call_data_append', 'pp', '', CALLING],
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
  ['certified_data_set', 'pp', '', CHANGING],
  ['data_certificate_present', '', 'i', ANY],
  ['data_certificate_size', '', 'p', 'NRQ CQ'],
  ['data_certificate_copy', 'ppp', '', 'NRQ CQ'],
  ['time', '', 'l', ANY],
  ['global_timer_set', 'l', 'l', 'I G U Ry Rt C T'],
  ['performance_counter', 'i', 'l', ANY_AND_START],
  ['is_controller', 'pp', 'i', ANY_AND_START],
  ['in_replicated_execution', '', 'i', ANY_AND_START],
  ['cost_call', 'llp', '', ANY_AND_START],
  ['cost_create_canister', 'p', '', ANY_AND_START],
  ['cost_http_request', 'llp', '', ANY_AND_START],
  ['cost_sign_with_ecdsa', 'ppip', 'i', ANY_AND_START],
  ['cost_sign_with_schnorr', 'ppip', 'i', ANY_AND_START],
  ['cost_vetkd_derive_key', 'ppip', 'i', ANY_AND_START],
  ['debug_print', 'pp', '', ANY_AND_START],
  ['trap', 'pp', '', ANY_AND_START]
];

function parseContexts(letters: string): ReadonlySet<ContextName> {
  const wanted = new Set(letters.split(' '));
  const names = Object.keys(CONTEXTS).filter((name): name is ContextName => name in CONTEXTS);
  return new Set(
    names.filter((name) => wanted.has(CONTEXTS[name].letter) || (wanted.has('*') && name !== 'start'))
  );
}

const ONLY_32_BIT: ReadonlySet<string> = new Set([
  'msg_cycles_available',
  'msg_cycles_refunded',
  'msg_cycles_accept',
  'canister_cycle_balance',
  'call_cycles_add',
  'stable_size',
  'stable_grow',
  'stable_write',
  'stable_read'
]);

export const SYSTEM_API: ReadonlyMap<string, ApiDeclaration> = new Map(
  ROWS.map(([name, params, result, contexts]) => [
    name,
    { params, result, contexts: parseContexts(contexts), isOnly32Bit: ONLY_32_BIT.has(name) }
  ])
);

import { CanisterInstance } from '../../../../src/local-ic/execution/canister-instance';
import { loadModule } from '../../../../src/local-ic/execution/canister-module';
import { CONTEXTS, type ContextName } from '../../../../src/local-ic/execution/execution-context';
import { StableMemory } from '../../../../src/local-ic/execution/stable-memory';
import { SYSTEM_API } from '../../../../src/local-ic/execution/system-api-table';
import { executionInput } from '../../../fixtures/local-ic/execution-input';
import { assemble } from '../../../fixtures/local-ic/wat-canister';

/** Functions that go together in the specification's table of imports (0.66). */
const FAMILIES = {
  argument: ['msg_arg_data_size', 'msg_arg_data_copy'],
  callerInfo: [
    'msg_caller_info_data_size',
    'msg_caller_info_data_copy',
    'msg_caller_info_signer_size',
    'msg_caller_info_signer_copy'
  ],
  rejectCode: ['msg_reject_code'],
  rejectMessage: ['msg_reject_msg_size', 'msg_reject_msg_copy'],
  deadline: ['msg_deadline'],
  answer: ['msg_reply_data_append', 'msg_reply', 'msg_reject'],
  acceptCycles: [
    'msg_cycles_available',
    'msg_cycles_available128',
    'msg_cycles_accept',
    'msg_cycles_accept128'
  ],
  refund: ['msg_cycles_refunded', 'msg_cycles_refunded128'],
  burn: ['cycles_burn128'],
  /** Not of the specification: the replica has it for the cycles minting canister. */
  mint: ['mint_cycles128'],
  inspect: ['msg_method_name_size', 'msg_method_name_copy', 'accept_message'],
  call: ['call_new', 'call_on_cleanup', 'call_data_append', 'call_with_best_effort_response', 'call_perform'],
  callCycles: ['call_cycles_add', 'call_cycles_add128'],
  rootKey: ['root_key_size', 'root_key_copy'],
  certify: ['certified_data_set'],
  certificate: ['data_certificate_size', 'data_certificate_copy'],
  timer: ['global_timer_set'],
  anyButStart: [
    'msg_caller_size',
    'msg_caller_copy',
    'canister_self_size',
    'canister_self_copy',
    'canister_cycle_balance',
    'canister_cycle_balance128',
    'canister_liquid_cycle_balance128',
    'canister_status',
    'canister_version',
    'subnet_self_size',
    'subnet_self_copy',
    'data_certificate_present',
    'time',
    'env_var_count',
    'env_var_name_size',
    'env_var_name_copy',
    'env_var_name_exists',
    'env_var_value_size',
    'env_var_value_copy'
  ],
  everywhere: [
    'stable_size',
    'stable_grow',
    'stable_write',
    'stable_read',
    'stable64_size',
    'stable64_grow',
    'stable64_write',
    'stable64_read',
    'performance_counter',
    'is_controller',
    'in_replicated_execution',
    'cost_call',
    'cost_create_canister',
    'cost_http_request',
    'cost_sign_with_ecdsa',
    'cost_sign_with_schnorr',
    'cost_vetkd_derive_key',
    'debug_print',
    'trap'
  ]
} as const;

type Family = keyof typeof FAMILIES;

/** What each context may use, besides what may be used everywhere. */
const ALLOWED: Readonly<Record<ContextName, readonly Family[]>> = {
  start: [],
  init: ['anyButStart', 'argument', 'burn', 'rootKey', 'certify', 'timer'],
  preUpgrade: ['anyButStart', 'burn', 'rootKey', 'certify', 'timer'],
  update: [
    'anyButStart',
    'argument',
    'callerInfo',
    'deadline',
    'answer',
    'acceptCycles',
    'burn',
    'call',
    'callCycles',
    'mint',
    'rootKey',
    'certify',
    'timer'
  ],
  replicatedQuery: [
    'anyButStart',
    'argument',
    'callerInfo',
    'deadline',
    'answer',
    'acceptCycles',
    'burn',
    'rootKey'
  ],
  query: ['anyButStart', 'argument', 'callerInfo', 'deadline', 'answer', 'certificate'],
  transform: ['anyButStart', 'argument', 'deadline', 'answer'],
  compositeQuery: ['anyButStart', 'argument', 'callerInfo', 'deadline', 'answer', 'call', 'certificate'],
  replyCallback: [
    'anyButStart',
    'argument',
    'callerInfo',
    'rejectCode',
    'deadline',
    'answer',
    'acceptCycles',
    'refund',
    'burn',
    'call',
    'callCycles',
    'mint',
    'rootKey',
    'certify',
    'timer'
  ],
  rejectCallback: [
    'anyButStart',
    'callerInfo',
    'rejectCode',
    'rejectMessage',
    'deadline',
    'answer',
    'acceptCycles',
    'refund',
    'burn',
    'call',
    'callCycles',
    'mint',
    'rootKey',
    'certify',
    'timer'
  ],
  compositeReplyCallback: [
    'anyButStart',
    'argument',
    'callerInfo',
    'rejectCode',
    'deadline',
    'answer',
    'call'
  ],
  compositeRejectCallback: [
    'anyButStart',
    'callerInfo',
    'rejectCode',
    'rejectMessage',
    'deadline',
    'answer',
    'call'
  ],
  cleanup: ['anyButStart', 'callerInfo', 'rejectCode', 'burn', 'rootKey', 'timer'],
  compositeCleanup: ['anyButStart', 'callerInfo'],
  inspectMessage: ['anyButStart', 'argument', 'callerInfo', 'inspect'],
  systemTask: ['anyButStart', 'burn', 'call', 'callCycles', 'mint', 'rootKey', 'certify', 'timer']
};

const contextNames = Object.keys(CONTEXTS) as ContextName[];

/** One exported function per system function, which calls it with zeros. */
async function buildInstance(): Promise<CanisterInstance> {
  const types = (letters: string): string =>
    [...letters].map((letter) => (letter === 'l' ? 'i64' : 'i32')).join(' ');
  const imports = [...SYSTEM_API].map(
    ([name, { params, result }]) =>
      `(import "ic0" "${name}" (func $${name} (param ${types(params)}) (result ${types(result)})))`
  );
  const functions = [...SYSTEM_API].map(([name, { params, result }]) => {
    const zeros = [...params].map((letter) => `(${types(letter)}.const 0)`).join(' ');
    return `(func (export "run ${name}") (call $${name} ${zeros}) ${result === '' ? '' : '(drop)'})`;
  });
  const source = `(module ${imports.join('\n')} (memory 1) (table 1 funcref) ${functions.join('\n')})`;
  return new CanisterInstance(loadModule(await assemble(source)), new StableMemory());
}

describe('the System API', () => {
  let instance: CanisterInstance;
  const allFunctions = Object.values(FAMILIES).flat() as string[];

  beforeAll(async () => {
    instance = await buildInstance();
  });

  it('has the functions of the specification and no other', () => {
    expect([...SYSTEM_API.keys()].sort()).toEqual([...allFunctions].sort());
  });

  it.each(contextNames)(
    'offers in the context %s what the specification allows, and refuses the rest',
    (context) => {
      const allowed = new Set<string>([
        ...FAMILIES.everywhere,
        ...ALLOWED[context].flatMap((family) => [...FAMILIES[family]])
      ]);

      const offered = allFunctions.filter((name) => {
        const result = instance.run(executionInput(context), { kind: 'export', name: `run ${name}` });
        const isRefused =
          result.kind === 'trapped' &&
          result.fault.code === 'IC0504' &&
          result.fault.message.includes(`"ic0_${name}" cannot be executed in`);
        return !isRefused;
      });

      expect(offered.sort()).toEqual([...allowed].sort());
    }
  );
});

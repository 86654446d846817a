import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

/** Address of the id of the canister to call, given as install argument. */
const PEER = '(i32.const 3000) (i32.const 10)';

const bump = (address: number): string =>
  `(i64.store (i32.const ${address}) (i64.add (i64.load (i32.const ${address})) (i64.const 1)))`;

type Call = {
  readonly method: string;
  readonly reply: number;
  readonly cleanup?: number;
  readonly timeout?: number;
};

/**
 * A canister whose methods leave traces in heap, stable memory, globals, certified data and logs, and call a peer with
 * cycles: with callbacks that reply, that trap and are cleaned up after, by timer and with a deadline.
 */
export function buildWorker(version: number): Promise<Uint8Array> {
  return buildCanister((text) => {
    const call = ({ method, reply, cleanup, timeout }: Call): string => `
      (call $call_new ${PEER} ${text.text(method)} (i32.const ${reply}) (i32.const 7) (i32.const 1) (i32.const 0))
      ${cleanup === undefined ? '' : `(call $call_on_cleanup (i32.const ${cleanup}) (i32.const 0))`}
      ${timeout === undefined ? '' : `(call $call_with_best_effort_response (i32.const ${timeout}))`}
      (call $call_cycles_add (i64.const 1000))
      (drop (call $call_perform))`;
    const readPeer = '(call $msg_arg_data_copy (i32.const 3000) (i32.const 0) (i32.const 10))';
    return {
      fields: '(global $count (mut i64) (i64.const 0))',
      callbacks: [
        `${bump(508)} (call $reply_i64 (call $msg_cycles_refunded))`,
        `${bump(516)} (call $reply_i64 (i64.extend_i32_u (call $msg_reject_code)))`,
        `${bump(524)} unreachable`,
        bump(532),
        bump(540)
      ],
      exports: {
        canister_init: `${readPeer} (drop (call $stable64_grow (i64.const 1)))`,
        canister_post_upgrade: `${readPeer} (i64.store (i32.const 548) (i64.const ${version}))`,
        'canister_update inc': `${bump(500)}
          (global.set $count (i64.add (global.get $count) (i64.const 1)))
          (call $stable64_write (i64.const 40000) (i64.const 500) (i64.const 8))
          (call $certified_data_set (i32.const 500) (i32.const 8))
          (call $debug_print (i32.const 3000) (i32.const 3))
          (drop (call $msg_cycles_accept (i64.const 300)))
          (call $reply_i64 (i64.load (i32.const 500)))`,
        'canister_update fail': `${bump(500)} unreachable`,
        'canister_update relay': call({ method: 'inc', reply: 0 }),
        'canister_update relay_twice': `${call({ method: 'relay', reply: 0 })}`,
        'canister_update to_failing': call({ method: 'fail', reply: 0 }),
        'canister_update trap_after': call({ method: 'inc', reply: 2, cleanup: 3 }),
        'canister_update with_deadline': call({ method: 'relay', reply: 0, timeout: 5 }),
        'canister_update burn':
          '(call $cycles_burn128 (i64.const 0) (i64.const 77) (i32.const 600)) (call $msg_reply)',
        'canister_update arm': `(drop (call $global_timer_set (i64.add (call $time) (i64.const 1000000000))))
          (call $msg_reply)`,
        canister_global_timer: `${bump(556)} ${call({ method: 'inc', reply: 4 })}`,
        'canister_query traces': '(call $reply (i32.const 500) (i32.const 72))',
        'canister_query count': '(call $reply_i64 (global.get $count))'
      }
    };
  });
}

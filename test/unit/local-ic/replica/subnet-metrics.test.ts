import { MemoryStateStore } from '../../../fixtures/local-ic/memory-state-store';
import { TestReplica } from '../../../fixtures/local-ic/test-replica';
import { buildCanister } from '../../../fixtures/local-ic/wat-canister';

describe('the metrics of the subnet', () => {
  it('count canisters, what they hold and burned, and what ran; a restart does not change them', async () => {
    const store = new MemoryStateStore();
    const host = new TestReplica({ store });
    expect(host.replica.subnetMetrics()).toEqual({
      canisterCount: 0,
      canisterStateBytes: 0n,
      consumedCycles: 0n,
      updateTransactions: 0n
    });
    const canister = await host.install(
      await buildCanister(() => ({
        exports: { 'canister_update go': '(call $msg_reply)', 'canister_query look': '(call $msg_reply)' }
      }))
    );
    await host.create();
    await host.call(canister.id, 'go');
    await host.call(canister.id, 'go');
    await host.query(canister.id, 'look');

    const metrics = host.replica.subnetMetrics();
    const { memory_size: firstBytes } = await host.status(canister);

    expect(metrics).toMatchObject({ canisterCount: 2, updateTransactions: 2n });
    expect(metrics.canisterStateBytes).toBeGreaterThanOrEqual(firstBytes as bigint);
    const metricsNow = host.replica.subnetMetrics();
    expect(metricsNow.consumedCycles).toBe(host.replica.ledger.burnedCycles);

    await host.replica.whenDurable();
    host.replica.close();
    const after = new TestReplica({ store, clock: host.clock });
    expect(after.replica.subnetMetrics()).toEqual(metricsNow);
    after.replica.close();
  });
});

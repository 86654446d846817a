/** Frozen canisters: below the freezing threshold they only wait for cycles. */
import { codesOf, replyInt, replyOf, replyText } from './client';
import { Holder } from './holding';
import { managementCall, settings } from './management';
import { type Probe } from './network';
import { registerOf, TRILLION } from './observations';
import { parseReject, program } from './probe/program';
import { row, useNetwork } from './row';

const network = useNetwork();

const setThreshold = async (probe: Probe, seconds: bigint): Promise<void> => {
  const value = { canister_id: probe.principal, settings: settings({ freezing_threshold: [seconds] }) };
  replyOf(await network.manage('update_settings', value));
};

const SECONDS_PER_DAY = 86_400n;
const THRESHOLD_CYCLES = 100n * TRILLION;

/** Makes the canister freeze below about 100 trillion cycles. */
async function raiseThreshold(probe: Probe): Promise<void> {
  const { idle_cycles_burned_per_day: perDay } = await probe.status();
  await setThreshold(probe, (THRESHOLD_CYCLES * SECONDS_PER_DAY) / perDay);
}

async function frozenProbe(): Promise<Probe> {
  const probe = await network.probe(program().stableGrow(16), { cycles: 10n * TRILLION });
  await raiseThreshold(probe);
  return probe;
}

row(
  65,
  'Management canister, setting freezing_threshold',
  'calls and queries of a frozen canister are rejected with 2',
  async () => {
    const probe = await frozenProbe();
    const other = await network.probe();

    expect(codesOf(await probe.update(program().replyText('')))).toBe('2 IC0207');
    expect(codesOf(await probe.query(program().replyText('')))).toBe('2 IC0207');
    const met = await other.update(program().call({ to: probe.id, arg: program().replyText('') }));
    expect(parseReject(replyOf(met))).toMatchObject({ code: 2 });
  }
);

row(
  65,
  'Management canister, setting freezing_threshold',
  'cycles revive it, and so does a lower threshold',
  async () => {
    const probe = await frozenProbe();
    expect(codesOf(await probe.update(program().replyText('')))).toBe('2 IC0207');

    const topUp = { canister_id: probe.principal, amount: 1_000n * TRILLION };
    replyOf(await network.manage('provisional_top_up_canister', topUp));

    expect(replyText(await probe.update(program().replyText('alive')))).toBe('alive');

    const other = await frozenProbe();
    await setThreshold(other, 1000n);
    expect(replyText(await other.update(program().replyText('alive')))).toBe('alive');
  }
);

row(65, 'Management canister, deposit_cycles', 'a canister revives another', async () => {
  const frozen = await frozenProbe();
  const probe = await network.probe(program(), { cycles: 1_000n * TRILLION });
  const deposit = managementCall('deposit_cycles', { canister_id: frozen.principal });
  const run = program().call({ ...deposit, cycles: 500n * TRILLION, onReply: program().replyText('') });

  replyOf(await probe.update(run));

  expect(replyText(await frozen.update(program().replyText('alive')))).toBe('alive');
});

row(
  65,
  'Abstract behavior, API Request submission',
  'users cannot manage a frozen canister, but for its settings and cycles',
  async () => {
    const frozen = await frozenProbe();
    const canister = { canister_id: frozen.principal };
    const variables = Array.from({ length: 20 }, (_, index) => ({ name: `name ${index}`, value: 'value' }));

    for (const method of ['canister_status', 'stop_canister', 'uninstall_code'] as const) {
      const outcome = await frozen.manage(method);
      expect({ codes: codesOf(outcome), outcome }).toMatchObject({
        codes: '2 IC0207',
        outcome: { isCertified: false }
      });
    }
    const many = settings({ environment_variables: [variables], freezing_threshold: [0n] });
    const changed = await network.manage('update_settings', { ...canister, settings: many });
    expect(codesOf(changed)).toBe('2 IC0207');
    await setThreshold(frozen, 0n);
    expect(codesOf(await frozen.manage('canister_status'))).toBe('replied');
  }
);

row(
  65,
  'System API, call_perform',
  'a call that would freeze the caller is not made, and says so',
  async () => {
    const other = await network.probe();
    const probe = await network.probe(program(), { cycles: 2n * TRILLION });
    const liquid = program().wide('canister_liquid_cycle_balance128').op('from_bytes');
    const call = program()
      .startCall({ to: other.id, arg: program().increment(0).replyText('') })
      .int(0)
      .then(liquid)
      .int(1_000_000)
      .op('subtract')
      .op('call_cycles_add128')
      .op('call_perform')
      .replyInt();

    expect(replyInt(await probe.update(call))).toBe(2n);
    expect(await registerOf(other)).toBe(0n);
  }
);

row(
  65,
  'Management canister, setting freezing_threshold',
  'callbacks of a frozen canister still run',
  async () => {
    const holder = await Holder.create(network);
    const probe = await network.probe(program().stableGrow(16), { cycles: 10n * TRILLION });
    const answer = probe.update(
      program().call(holder.call({ onReply: program().increment(0).replyText('late') }))
    );
    await holder.whenCalled(1n);
    await raiseThreshold(probe);
    await holder.release();

    expect(replyText(await answer)).toBe('late');
  }
);

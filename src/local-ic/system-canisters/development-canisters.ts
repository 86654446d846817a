/** The canisters a development network brings along, and who owns what in them at first. */
import { Principal } from '@dfinity/principal';
import { type SystemCanisterFactory } from '../replica/system-canister';
import { CyclesLedgerCanister } from './cycles-ledger-canister';
import { CyclesMintingCanister } from './cycles-minting-canister';
import { IcpLedgerCanister } from './icp-ledger-canister';
import { IcpPayments } from './icp-payments';

/** As PocketIC has it: the anonymous principal owns everything, so that everyone can help themselves. */
const FIRST_OWNER = Principal.anonymous();
const FIRST_CYCLES = 2n ** 127n - 1n;
const FIRST_E8S = 1_000_000_000n * 100_000_000n;

/** ICP ledger, cycles ledger and cycles minting canister. */
export const createDevelopmentCanisters: SystemCanisterFactory = (host) => {
  const icpLedger = new IcpLedgerCanister(host, { owner: FIRST_OWNER, e8s: FIRST_E8S });
  const cyclesLedger = new CyclesLedgerCanister(host, { owner: FIRST_OWNER, cycles: FIRST_CYCLES });
  const payments = new IcpPayments(icpLedger.ledger, () => host.timeNs());
  return [
    icpLedger,
    cyclesLedger,
    new CyclesMintingCanister(host, { payments, accounts: cyclesLedger.accounts })
  ];
};

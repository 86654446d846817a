/** Agrees on transfer plans and has the adapter stand-in execute them, proven with mock seals. */
import { toHex } from 'viem';
import { hex32 } from '../../src/core/bytes';
import * as sdk from '../../src/sdk';
import { mockProver } from '../fixtures/arm/mock-prover';
import { compileContracts } from '../fixtures/evm/compile-contracts';
import { type Deployment, type EvmClients } from '../fixtures/evm/deploy';
import { type SignIdentity } from '@dfinity/agent';

/** Every party contributes, then every party approves. */
export async function agree(
  proposed: sdk.TransferPlan,
  parties: readonly { readonly identity: SignIdentity }[]
): Promise<sdk.TransferPlan> {
  let plan = proposed;
  for (const { identity } of parties)
    plan = await sdk.contributeToPlan(plan, { identity, random: sdk.platformRandom });
  for (const { identity } of parties) plan = await sdk.approvePlan(plan, identity);
  return plan;
}

/** Hash of the mined transaction that executed the plan. @throws when the adapter refuses it. */
export async function executePlan(
  chain: { readonly evm: EvmClients; readonly deployment: Deployment },
  plan: sdk.TransferPlan
): Promise<`0x${string}`> {
  const { evm, deployment } = chain;
  const root = await evm.reader.readContract({
    address: deployment.adapter,
    abi: compileContracts().ProtocolAdapterStandIn.abi,
    functionName: 'latestCommitmentTreeRoot'
  });
  const consumedRoot = hex32(String(root), 'latest root');
  const transaction = await sdk.proveTransfer(plan, { prover: mockProver, consumedRoot });
  const hash = await evm.wallet.sendTransaction({
    account: evm.account,
    chain: evm.chain,
    to: deployment.adapter,
    data: toHex(sdk.encodeTransferTransaction(transaction))
  });
  const receipt = await evm.reader.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new Error(`${hash}: the adapter refused the plan`);
  return hash;
}

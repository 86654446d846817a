/** Small transactions signed by accounts of a stage, and what its signature log says of them. */
import { parseTransaction, recoverTransactionAddress, toHex } from 'viem';
import { type Result, unwrap } from '../../../src/api/errors';
import {
  type AccountViewWire,
  type EvmTransactionWire,
  type Icrc3ValueWire,
  type SignedEvmTransactionWire,
  type SignerService
} from '../../../src/api/signer-idl';
import { type TestPerson, type TestStage } from '../test-stage';

const CHAIN_ID = 31_337;
/** Blocks the signer answers at once. */
const MAX_PAGE = 100n;

/** `Ok`, or the code of the refusal. */
export const codeOf = (result: Result<unknown>): string => ('Err' in result ? result.Err.code : 'Ok');

/** Asks for a signature on a transfer of 1 wei at nonce 0, changed as wanted. */
export const signTransfer = (
  signer: SignerService,
  account: Uint8Array,
  change: Partial<EvmTransactionWire> = {}
): Promise<Result<SignedEvmTransactionWire>> =>
  signer.sign_evm_transaction({
    account,
    replace: false,
    transaction: {
      chain_id: BigInt(CHAIN_ID),
      nonce: 0n,
      max_priority_fee_per_gas: 1n,
      max_fee_per_gas: 1_000_000_000n,
      gas_limit: 21_000n,
      to: [new Uint8Array(20).fill(7)],
      value: 1n,
      data: new Uint8Array(),
      access_list: [],
      ...change
    }
  });

export const readView = async (stage: TestStage, account: Uint8Array): Promise<AccountViewWire> =>
  unwrap(await stage.signer.account(account));

/** Passes when the account signs at this nonce, and viem recovers the account's address from what it signed. */
export async function expectToSign(
  stage: TestStage,
  account: Uint8Array,
  by: { readonly owner: TestPerson; readonly nonce: bigint }
): Promise<void> {
  const { owner, nonce } = by;
  const { raw } = unwrap(await signTransfer(owner.signer, account, { nonce }));
  const serializedTransaction: `0x02${string}` = `0x02${toHex(Uint8Array.from(raw)).slice(4)}`;
  const { evm_address: address } = await readView(stage, account);
  expect(parseTransaction(serializedTransaction)).toMatchObject({ chainId: CHAIN_ID, value: 1n });
  const recovered = await recoverTransactionAddress({ serializedTransaction });
  expect(recovered.toLowerCase()).toBe(toHex(Uint8Array.from(address)));
}

/** The latest blocks about the account, oldest first: their types, and how a signature ended. */
export async function readLogOf(stage: TestStage, account: Uint8Array): Promise<string[]> {
  const { log_length: length } = await stage.signer.status();
  const start = length > MAX_PAGE ? length - MAX_PAGE : 0n;
  const { blocks } = await stage.signer.icrc3_get_blocks([{ start, length: MAX_PAGE }]);
  return blocks.flatMap(({ block }) => {
    const fields = new Map('Map' in block ? block.Map : []);
    if (toHex(blobOf(fields.get('account'))) !== toHex(account)) return [];
    const status = fields.get('status');
    return [`${textOf(fields.get('btype'))}${status === undefined ? '' : `:${textOf(status)}`}`];
  });
}

const blobOf = (value: Icrc3ValueWire | undefined): Uint8Array =>
  value !== undefined && 'Blob' in value ? Uint8Array.from(value.Blob) : new Uint8Array();
const textOf = (value: Icrc3ValueWire | undefined): string =>
  value !== undefined && 'Text' in value ? value.Text : '?';

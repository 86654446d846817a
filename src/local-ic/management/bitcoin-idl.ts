/** Candid of the Bitcoin methods. Source: dfinity/developer-docs `public/references/ic.did`, 0.66. */
import { IDL } from '@dfinity/candid';

const { Nat8, Nat32, Nat64, Null, Opt, Record, Text, Variant, Vec } = IDL;
const Blob = Vec(Nat8);
const Network = Variant({ mainnet: Null, testnet: Null });
const Utxo = Record({
  outpoint: Record({ txid: Blob, vout: Nat32 }),
  value: Nat64,
  height: Nat32
});

export const BITCOIN_METHODS = {
  bitcoin_get_balance: {
    argument: [Record({ address: Text, network: Network, min_confirmations: Opt(Nat32) })],
    result: [Nat64]
  },
  bitcoin_get_utxos: {
    argument: [
      Record({
        address: Text,
        network: Network,
        filter: Opt(Variant({ min_confirmations: Nat32, page: Blob }))
      })
    ],
    result: [Record({ utxos: Vec(Utxo), tip_block_hash: Blob, tip_height: Nat32, next_page: Opt(Blob) })]
  },
  bitcoin_send_transaction: { argument: [Record({ transaction: Blob, network: Network })], result: [] },
  bitcoin_get_current_fee_percentiles: { argument: [Record({ network: Network })], result: [Vec(Nat64)] },
  bitcoin_get_block_headers: {
    argument: [Record({ start_height: Nat32, end_height: Opt(Nat32), network: Network })],
    result: [Record({ tip_height: Nat32, block_headers: Vec(Blob) })]
  }
} as const;

/** What can be wrong with the payloads of a presented swap: openings, values, consents, approvals. */
import { secp256k1 } from '@noble/curves/secp256k1';
import { type Approval } from '../../../src/core/account/transition-payload';
import { concat, decodeBigEndian, encodeBigEndian, hex32 } from '../../../src/core/bytes';
import {
  OTHER,
  type PresentedFault,
  flip,
  payloadBytes,
  replace,
  withBytes,
  withPayload,
  withSuccessor,
  withUnit
} from './presented-fault';

const ZERO = hex32('00'.repeat(32));

/** Approvals come in the order of the parties: unit 0's owner, then unit 1's. */
const withApproval = (unit: number, change: (approval: Approval) => Approval) =>
  withPayload(unit, ({ approvals }) => ({
    approvals: approvals.map((approval, index) => (index === unit ? change(approval) : approval))
  }));

/** The other signature that ECDSA has for the same message. */
function withHighS(signature: Uint8Array): Uint8Array {
  const order = secp256k1.CURVE.n;
  return concat(signature.slice(0, 32), encodeBigEndian(order - decodeBigEndian(signature.slice(32)), 32));
}

const aboutThePayload: readonly PresentedFault[] = [
  {
    name: 'a payload cut short',
    code: 'bytes/truncated',
    present: withBytes(0, (bytes) => bytes.slice(0, -4))
  },
  {
    name: 'a payload with four bytes more',
    code: 'bytes/trailing',
    present: withBytes(0, (bytes) => concat(bytes, new Uint8Array(4)))
  },
  { name: 'another magic', code: 'payload/magic', present: withBytes(0, (bytes) => flip(bytes, 0)) },
  { name: 'another version', code: 'payload/version', present: withBytes(0, (bytes) => flip(bytes, 5)) },
  {
    name: 'a transition called a binding',
    code: 'transition/already-bound',
    present: withPayload(0, () => ({ purpose: 'binding', nullifierKey: ZERO }))
  },
  {
    name: "another account's payload",
    code: 'transition/commitment',
    present: withUnit(0, (_unit, batch) => ({ payload: [payloadBytes(batch, 1)] }))
  },
  {
    name: 'an account that there is not',
    code: 'account/unknown',
    present: withSuccessor({ labelRef: OTHER })
  },
  { name: 'another logic', code: 'transition/logic-ref', present: withSuccessor({ logicRef: OTHER }) },
  { name: 'quantity 2', code: 'transition/quantity', present: withSuccessor({ quantity: 2n }) },
  { name: 'quantity 0', code: 'transition/quantity', present: withSuccessor({ quantity: 0n }) },
  {
    name: 'an ephemeral opening',
    code: 'transition/ephemeral',
    present: withSuccessor({ isEphemeral: true })
  },
  { name: 'another nonce', code: 'transition/commitment', present: withSuccessor({ nonce: OTHER }) },
  { name: 'another seed', code: 'transition/commitment', present: withSuccessor({ randSeed: OTHER }) },
  {
    name: 'another nullifier key commitment',
    code: 'transition/commitment',
    present: withSuccessor({ nkCommitment: OTHER })
  },
  { name: 'another value_ref', code: 'transition/commitment', present: withSuccessor({ valueRef: OTHER }) },
  {
    name: 'another nullifier key',
    code: 'transition/nullifier-key',
    present: withPayload(0, () => ({ nullifierKey: OTHER }))
  },
  {
    name: 'an account value with one bit changed',
    code: 'transition/value-ref',
    present: withPayload(0, ({ accountValue }) => ({ accountValue: flip(accountValue, 10) }))
  },
  {
    name: 'no account value',
    code: 'transition/value-ref',
    present: withPayload(0, () => ({ accountValue: new Uint8Array() }))
  }
];

const aboutAuthority: readonly PresentedFault[] = [
  ...[0, 1].flatMap((unit): PresentedFault[] => [
    {
      name: `no approval by the owner in unit ${unit}`,
      code: 'authority/missing',
      present: withPayload(unit, ({ approvals }) => ({
        approvals: approvals.filter((_approval, index) => index !== unit)
      }))
    },
    {
      name: `a stranger's approval in place of the owner's in unit ${unit}`,
      code: 'authority/missing',
      present: withPayload(unit, ({ approvals }, { foreignApproval }) => ({
        approvals: replace(approvals, unit, foreignApproval)
      }))
    },
    {
      name: `a stranger's signatures under the owner's key in unit ${unit}`,
      code: 'authority/signature',
      present: withPayload(unit, ({ approvals }, { foreignApproval }) => ({
        approvals: approvals.map(({ publicKeyDer, ...approval }, index) =>
          index === unit ? { ...foreignApproval, publicKeyDer } : { publicKeyDer, ...approval }
        )
      }))
    },
    {
      name: `a bit changed in the action signature in unit ${unit}`,
      code: 'authority/signature',
      present: withApproval(unit, (approval) => ({
        ...approval,
        actionSignature: flip(approval.actionSignature, 40)
      }))
    },
    {
      name: `a bit changed in the consent signature in unit ${unit}`,
      code: 'authority/signature',
      present: withApproval(unit, (approval) => ({
        ...approval,
        consentSignature: flip(approval.consentSignature, 20)
      }))
    },
    {
      name: `signatures of zeros in unit ${unit}`,
      code: 'authority/signature',
      present: withApproval(unit, (approval) => ({
        ...approval,
        actionSignature: new Uint8Array(64),
        consentSignature: new Uint8Array(64)
      }))
    },
    {
      name: `the two signatures exchanged in unit ${unit}`,
      code: 'authority/signature',
      present: withApproval(unit, ({ publicKeyDer, actionSignature, consentSignature }) => ({
        publicKeyDer,
        actionSignature: consentSignature,
        consentSignature: actionSignature
      }))
    },
    {
      name: `the action signature twice in unit ${unit}`,
      code: 'authority/signature',
      present: withApproval(unit, (approval) => ({ ...approval, consentSignature: approval.actionSignature }))
    },
    {
      name: `another epoch in the consents of unit ${unit}`,
      code: 'authority/signature',
      present: withPayload(unit, ({ consents }) => ({
        consents: consents.map((consent) => ({ ...consent, epoch: consent.epoch + 1n }))
      }))
    },
    {
      name: `another passport in the consents of unit ${unit}`,
      code: 'authority/signature',
      present: withPayload(unit, ({ consents }) => ({
        consents: consents.map((consent) => ({ ...consent, passportDigest: OTHER }))
      }))
    },
    {
      name: `the other's consent left out in unit ${unit}`,
      code: 'authority/signature',
      present: withPayload(unit, ({ consents }) => ({
        consents: consents.filter((_consent, index) => index === unit)
      }))
    }
  ]),
  {
    name: 'the secp256k1 signature with a high s',
    code: 'authority/signature',
    present: withApproval(1, (approval) => ({
      ...approval,
      actionSignature: withHighS(approval.actionSignature)
    }))
  }
];

export const payloadFaults: readonly PresentedFault[] = [...aboutThePayload, ...aboutAuthority];

import { Principal } from '@dfinity/principal';
import { isProtocolError } from '../../../src/core/error';
import { proposeBinding, proposeTransfer } from '../../../src/sdk/propose-transfer';
import { type TransferPlan } from '../../../src/sdk/transfer-plan';
import { decodeTransferPlan, encodeTransferPlan } from '../../../src/sdk/transfer-plan-codec';
import { sampleWord } from '../../fixtures/arm/sample-units';
import { errorCode } from '../core/error-code';
import { DOMAIN, FakeNetwork, agree } from './fake-network';
import { alice, bob } from './parties';

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

async function samplePlans(): Promise<{
  proposed: TransferPlan;
  agreed: TransferPlan;
  binding: TransferPlan;
}> {
  const network = new FakeNetwork();
  const id = network.create(1, alice);
  const binding = await proposeBinding(network.canisters, { accountId: id, domainId: DOMAIN });
  await network.settle(await agree(binding, [alice]));
  network.seal(id, alice);
  const proposed = await proposeTransfer(network.canisters, [{ accountId: id, to: bob.getPrincipal() }]);
  return { proposed, agreed: await agree(proposed, [alice, bob]), binding };
}

let plans: Awaited<ReturnType<typeof samplePlans>>;
beforeAll(async () => {
  plans = await samplePlans();
});

/** Every place in a JSON value, as the path of keys to it. */
function pathsOf(value: Json, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((entry, index) => [index, entry])
    : Object.entries(value);
  return [[...path], ...entries.flatMap(([key, entry]) => pathsOf(entry, [...path, key]))];
}

/** `value` with what is at `path` changed; undefined takes a field away. */
function withChange(
  value: Json,
  [key, ...rest]: readonly (string | number)[],
  change: (old: Json) => Json | undefined
): Json {
  if (key === undefined) return change(value) ?? null;
  const copy: Json = structuredClone(value);
  if (typeof copy !== 'object' || copy === null) throw new Error('expected a place in the value');
  const holder = copy as { [key: string | number]: Json };
  const changed =
    rest.length === 0 ? change(holder[key] ?? null) : withChange(holder[key] ?? null, rest, change);
  if (changed === undefined) delete holder[key];
  else holder[key] = changed;
  return copy;
}

/** The refusal of a plan text: its code and the field it names. */
function refusalOf(json: Json): { code: string; path: unknown } | undefined {
  try {
    decodeTransferPlan(JSON.stringify(json));
    return undefined;
  } catch (error) {
    if (isProtocolError(error)) return { code: error.code, path: error.data['path'] };
    throw error;
  }
}

const asJson = (plan: TransferPlan): Json => JSON.parse(encodeTransferPlan(plan)) as Json;
const dotted = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`),
    'plan'
  );

describe('encodeTransferPlan and decodeTransferPlan', () => {
  it('round trip at every stage', () => {
    for (const plan of [plans.proposed, plans.agreed, plans.binding]) {
      expect(decodeTransferPlan(encodeTransferPlan(plan))).toEqual(plan);
    }
  });

  it('refuse any field of another type, naming it', () => {
    const json = asJson(plans.agreed);
    const paths = pathsOf(json);
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      for (const wrong of [true, 5, [true], { a: 1 }]) {
        const refusal = refusalOf(withChange(json, path, () => wrong));
        expect({ path, refusal: refusal?.code }).toEqual({ path, refusal: 'transfer/plan-format' });
        expect(String(refusal?.path).startsWith(dotted(path))).toBe(true);
      }
    }
  });

  it('refuse a missing or an unknown field', () => {
    const json = asJson(plans.agreed);
    const leaves = pathsOf(json).filter((path) => typeof path.at(-1) === 'string');
    for (const path of leaves) {
      const parent = { code: 'transfer/plan-format', path: dotted(path.slice(0, -1)) };
      expect(refusalOf(withChange(json, path, () => undefined))).toEqual(parent);
      expect(refusalOf(withChange(json, [...path.slice(0, -1), 'extra'], () => 'x'))).toEqual(parent);
    }
  });

  it('refuse bytes of another length or no hex', () => {
    const json = asJson(plans.agreed);
    const texts = pathsOf(json).filter(
      (path) => !['format', 'version', 'epoch'].includes(String(path.at(-1)))
    );
    const hexFields = texts.filter((path) => typeof valueAt(json, path) === 'string');
    for (const path of hexFields) {
      for (const wrong of ['', 'zz', 'abc', 'ab'.repeat(600)]) {
        expect({ path, wrong, code: refusalOf(withChange(json, path, () => wrong))?.code }).toEqual({
          path,
          wrong,
          code: 'transfer/plan-format'
        });
      }
    }
  });

  it.each(['-1', '1.5', '0x1', '', '18446744073709551616', ' 1'])('refuse the epoch "%s"', (epoch) => {
    const changed = withChange(asJson(plans.agreed), ['units', 0, 'epoch'], () => epoch);
    expect(refusalOf(changed)).toEqual({ code: 'transfer/plan-format', path: 'plan.units[0].epoch' });
  });

  it('read the greatest epoch', () => {
    const changed = withChange(asJson(plans.agreed), ['units', 0, 'epoch'], () => '18446744073709551615');
    expect(decodeTransferPlan(JSON.stringify(changed)).units[0]?.epoch).toBe(2n ** 64n - 1n);
  });

  it('refuse what is no plan, another version, and a text too long', () => {
    const code = 'transfer/plan-format';
    for (const json of [null, [], {}, 'plan']) expect(refusalOf(json)?.code).toBe(code);
    expect(refusalOf(withChange(asJson(plans.agreed), ['version'], () => 2))).toEqual({
      code,
      path: 'plan.version'
    });
    expect(errorCode(() => decodeTransferPlan('{'))).toBe(code);
    expect(errorCode(() => decodeTransferPlan(' '.repeat(300_000)))).toBe(code);
  });

  it('refuse more units and approvals than a payload holds', () => {
    const json = asJson(plans.agreed);
    const repeat = (old: Json): Json =>
      Array.from({ length: 17 }, () => (Array.isArray(old) ? (old[0] ?? null) : null));
    for (const field of ['units', 'approvals']) {
      expect(refusalOf(withChange(json, [field], repeat))).toEqual({
        code: 'transfer/plan-format',
        path: `plan.${field}`
      });
    }
  });

  it('refuse a plan that no signer would carry out', () => {
    const json = asJson(plans.agreed);
    const binding = asJson(plans.binding);
    const double = (old: Json): Json => (Array.isArray(old) ? [...old, ...old] : old);
    const anonymous = Buffer.from(Principal.anonymous().toUint8Array()).toString('hex');
    const otherOwner = Buffer.from(bob.getPrincipal().toUint8Array()).toString('hex');
    const passport = Buffer.from(sampleWord(1)).toString('hex');

    expect(refusalOf(withChange(json, ['units'], () => []))?.code).toBe('transfer/empty');
    expect(refusalOf(withChange(json, ['units'], double))?.code).toBe('transfer/account-twice');
    expect(refusalOf(withChange(json, ['units', 0, 'to'], () => anonymous))?.code).toBe('transfer/party');
    expect(refusalOf(withChange(binding, ['units', 0, 'to'], () => otherOwner))?.code).toBe(
      'transfer/binding'
    );
    expect(refusalOf(withChange(binding, ['units', 0, 'passport'], () => passport))?.code).toBe(
      'transfer/binding'
    );
  });
});

function valueAt(json: Json, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    json
  );
}

import fc from 'fast-check';
import { RequestError } from '../../../../src/local-ic/protocol/request-error';
import {
  callContent,
  CANISTER,
  createFixture,
  queryContent,
  readContent,
  signed,
  utf8
} from '../../../support/local-ic/endpoints-fixture';

const fixture = createFixture();
const { replica, endpoints } = fixture;

/** Sends a body to every endpoint: an answer or a refusal with a 4xx is right, any other error is not. */
async function sendEverywhere(body: Uint8Array): Promise<readonly ('answered' | 'refused')[]> {
  const scope = { kind: 'canister', id: CANISTER } as const;
  const actions = [
    () => endpoints.call(body, scope, 'sync'),
    () => endpoints.query(body, scope),
    () => Promise.resolve(endpoints.readState(body, scope))
  ];
  return Promise.all(
    actions.map(async (action) => {
      try {
        await action();
        return 'answered' as const;
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        return 'refused' as const;
      }
    })
  );
}

it('refuses any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (body) => {
      expect(await sendEverywhere(body)).toEqual(['refused', 'refused', 'refused']);
    }),
    { numRuns: 2000 }
  );
});

describe('a signed request with bytes changed on the way', () => {
  const valid = {
    call: signed(callContent(replica)),
    query: signed(queryContent(replica)),
    read_state: signed(readContent(replica, [[utf8('time')], [utf8('subnet')]]))
  };
  const change = fc.record({ position: fc.nat(), mask: fc.integer({ min: 1, max: 255 }) });

  it.each(['call', 'query', 'read_state'] as const)(
    'is refused when it is a %s, whichever bytes',
    async (type) => {
      const body = valid[type];
      const headerLength = 3; // The self-describing tag, which may be absent.
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
          const mutated = body.slice();
          for (const { position, mask } of changes) {
            const index = headerLength + (position % (body.length - headerLength));
            mutated[index] = (mutated[index] ?? 0) ^ mask;
          }
          fc.pre(!Buffer.from(mutated).equals(Buffer.from(body)));
          expect(await sendEverywhere(mutated)).toEqual(['refused', 'refused', 'refused']);
        }),
        { numRuns: 1500 }
      );
    }
  );

  it('is refused when it is cut short at any byte', async () => {
    for (let length = 0; length < valid.call.length; length += 1)
      expect(await sendEverywhere(valid.call.slice(0, length))).toEqual(['refused', 'refused', 'refused']);
  });
});

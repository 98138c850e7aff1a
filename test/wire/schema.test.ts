import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import { encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import { decodeBody, encodeBody, encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { asLogIndex, bytesFromHex, hexFromBytes } from '../../src/wire/identifiers.ts';
import { encodeLogRecord, encodeSeenRecord } from '../../src/wire/records/record-codec.ts';
import * as arbitrary from './arbitraries.ts';
import { contentOf } from './frame-mutation.ts';
import { GOLDEN_MESSAGES } from './golden-messages.ts';
import recorded from './golden-bytes.json' with { type: 'json' };
import { base64, expectCanonical, jsonOf } from './schema.ts';

const base64OrAbsent = (hex: string | undefined) => (hex === undefined ? undefined : base64(hex));

test('frames mean what the schema says', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const bytes = contentOf(encodeFrame(frame));
      expectCanonical('Frame', bytes);
      expectCanonical('EncodedFrame', bytes);
      const { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent } = frame;
      expect(jsonOf('EncodedFrame', bytes)).toEqual({
        cluster: base64OrAbsent(cluster),
        sender: base64(sender),
        senderBoot: base64(senderBoot),
        receiver: base64(receiver),
        receiverBoot: base64OrAbsent(receiverBoot),
        group: base64OrAbsent(group),
        hopLimit,
        body: Buffer.from(encodeBody(frame.body)).toString('base64'),
        urgent,
      });
    }),
  );
});

test('consensus bodies mean what the schema says', () => {
  fc.assert(
    fc.property(arbitrary.consensusBody, (body) => {
      const { from, to, flushed, message } = body;
      const { voteEpoch, index, committedIndex } = flushed;
      const consensus = {
        from: String(from),
        to: String(to),
        message: Buffer.from(message).toString('base64'),
        flushed: { voteEpoch: String(voteEpoch), index: String(index), committedIndex: String(committedIndex) },
      };
      expect(jsonOf('Body', encodeBody(body))).toEqual({ consensus });
    }),
  );
});

test('bodies, entries, configurations and records are canonical', () => {
  fc.assert(fc.property(arbitrary.frame, ({ body }) => expectCanonical('Body', encodeBody(body))));
  fc.assert(fc.property(arbitrary.entry, (entry) => expectCanonical('Entry', encodeEntry(entry))));
  fc.assert(fc.property(arbitrary.configuration, (one) => expectCanonical('Configuration', encodeConfiguration(one))));
  const seen = fc.array(arbitrary.seenReplica, { maxLength: 20 });
  fc.assert(fc.property(seen, (all) => expectCanonical('SeenRecord', encodeSeenRecord({ seen: all }))));
  const entries = fc.array(arbitrary.bytes(0, 300), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(entries, (all) => {
      const bytes = encodeLogRecord({ firstIndex: asLogIndex(7), entries: all });
      expectCanonical('LogRecord', bytes);
      const base64Entries = all.map((entry) => Buffer.from(entry).toString('base64'));
      expect(jsonOf('LogRecord', bytes)).toEqual({ firstIndex: '7', entries: base64Entries });
    }),
  );
});

const SIGNALING = 'shardbearer.rendezvous.v1.RendezvousMessage';
/** For the name of a golden message, or the part of the name before the colon, the message's name in the schema. */
const MESSAGES: Readonly<Record<string, string>> = {
  entry: 'Entry',
  'Raft message': 'RaftMessage',
  'Raft entry': 'RaftEntry',
  'Raft hard state': 'RaftHardState',
  'Raft membership change': 'MembershipChange',
  configuration: 'Configuration',
  roster: 'Roster',
  state: 'StateChunk',
  'configuration state': 'ConfigurationStateChunk',
  snapshot: 'SnapshotDescription',
  greeting: 'Greeting',
  'greeting answer': 'GreetingAnswer',
  'to the signaling server': SIGNALING,
  'from the signaling server': SIGNALING,
  'record: identity': 'IdentityRecord',
  'record: founding': 'FoundingRecord',
  'record: begun': 'FoundingRecord',
  'record: group': 'GroupRecord',
  'record: departure': 'DepartureRecord',
  'record: seen': 'SeenRecord',
  'record: log': 'LogRecord',
  'record: checkpoint': 'CheckpointRecord',
  'record: own checkpoint': 'CheckpointRecord',
  'record: incoming': 'IncomingRecord',
};

test('the recorded bytes of every message kind are canonical', () => {
  const hex = new Map(Object.entries(recorded));
  for (const { name } of GOLDEN_MESSAGES) {
    const bytes = bytesFromHex(hex.get(name) ?? '');
    const [family = ''] = name.split(':');
    if (family === 'frame') expectCanonical('Frame', contentOf(bytes));
    else expectCanonical(MESSAGES[name] ?? MESSAGES[family] ?? name, bytes);
  }
});

test('a body is read the same behind a field that this build does not know', () => {
  fc.assert(
    fc.property(arbitrary.consensusBody, (body) => {
      // An unknown, empty field with number 1,000.
      const bytes = Uint8Array.from([0xc2, 0x3e, 0, ...encodeBody(body)]);
      expect(decodeBody(bytes)).toEqual(body);
    }),
  );
});

test('a message that cannot be written leaves no bytes in front of the next', () => {
  fc.assert(
    fc.property(arbitrary.frame, (frame) => {
      const bytes = hexFromBytes(encodeFrame(frame));
      expect(() => encodeFrame({ ...frame, hopLimit: -1 })).toThrow(
        expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
      );
      expect(hexFromBytes(encodeFrame(frame))).toBe(bytes);
    }),
  );
});

import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { Body } from '../../wire/frames/frame.ts';
import { decodeFrame } from '../../wire/frames/frame-codec.ts';
import { shortId } from '../../wire/identifiers.ts';
import { decodeRaftMessage } from '../../wire/raft/raft-codec.ts';

/** A short text about a frame for traces. */
export function describeFrame(bytes: Uint8Array): string {
  try {
    return describeBody(decodeFrame(bytes).body);
  } catch {
    return `${bytes.length} bytes that are no frame`;
  }
}

function describeBody(body: Body): string {
  switch (body.kind) {
    case 'presence': {
      const { configurationNumber, memberships } = body.presence;
      const roles = memberships.map(({ replica, role, now }) => `replica ${replica}, ${role}, flushed ${now.index}`);
      return `presence, configuration ${configurationNumber} ${roles.join('; ')}`;
    }
    case 'consensus':
      return describeConsensus(body.message);
    case 'request':
      return `request ${body.request.id.number} of ${shortId(body.request.id.client)}: ${body.request.question.kind}`;
    case 'reply': {
      const { id, answer } = body.reply;
      return `reply ${id.number} to ${shortId(id.client)}: ${answer.kind === 'refusal' ? answer.code : answer.kind}`;
    }
    case 'configuration':
      return `configuration ${body.configuration.number}`;
    case 'snapshot-request':
      return `${body.from} → ${body.to} asks for piece ${body.chunk} of the snapshot at ${body.index}`;
    case 'snapshot-chunk':
      return `${body.from} → ${body.to} piece ${body.chunk} of the snapshot at ${body.index}, ${body.bytes.length} bytes`;
    case 'snapshot-gone':
      return `${body.from} → ${body.to} no snapshot at ${body.index} any more`;
    case 'shard-request':
      return `${shortId(body.to)} asks for piece ${body.chunk} of ${describeShard(body.shard)}`;
    case 'shard-chunk':
      return `piece ${body.chunk} of ${describeShard(body.shard)} from ${shortId(body.from)}, ${body.bytes.length} bytes`;
    case 'goodbye':
    case 'signal':
      return body.kind;
  }
}

function describeShard({ first, last, epoch }: ShardRange): string {
  return `the shard ${first} to ${last} for epoch ${epoch}`;
}

function describeConsensus(message: Uint8Array): string {
  try {
    const { type, from, to, term, index, logTerm, commit, reject, entries } = decodeRaftMessage(message);
    const more = entries.length > 0 ? ` with ${entries.length} entries` : '';
    return `${from} → ${to} ${type}${reject ? ' (rejected)' : ''} term ${term}, at ${index} of term ${logTerm}, commit ${commit}${more}`;
  } catch {
    return `${message.length} bytes of another algorithm`;
  }
}

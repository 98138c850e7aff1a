/**
 * Words and phrases that comments, docs, messages, page texts and test names must avoid. Each has a replacement.
 * `example` shows one use, which the test must find.
 */
export interface BannedPhrase {
  readonly name: string;
  readonly pattern: RegExp;
  readonly instead: string;
  readonly example: string;
}

const phrase = (name: string, pattern: RegExp, instead: string, example: string): BannedPhrase => ({
  name,
  pattern,
  instead,
  example,
});

export const BANNED_PHRASES: readonly BannedPhrase[] = [
  phrase('whoever', /\bwho(?:so)?ever\b/iu, 'name the noun: the client that, a node that', 'Answers whoever asked.'),
  phrase('whomever', /\bwhom(?:ever)?\b/iu, 'name the noun: the voter that', 'The voter for whom it waits.'),
  phrase('anew', /\banew\b/iu, 'again, from the start', 'It asks anew.'),
  phrase(
    'in its stead',
    /\bin (?:its|their|his|her|whose) stead\b/iu,
    'instead, in place of …',
    'Another votes in its stead.',
  ),
  phrase(
    'no more (no longer)',
    /\b(?:is|are|was|were|does|do|has|have|takes|votes|leads) no more\b(?! than)|\bno more(?=[.,;:)])/iu,
    'no longer',
    'It leads no more.',
  ),
  phrase('as if nobody', /\bas if nobody\b/iu, 'say what happens', 'As if nobody had asked.'),
  phrase('is none', /\b(?:is|are|was|were) none\b/iu, 'does not exist; no … exists', 'A tab that is none.'),
  phrase('beside', /\bbesides?\b/iu, 'next to; in addition to', 'The file beside the page.'),
  phrase('for as long as', /\b(?:for )?as long as\b/iu, 'while, until', 'It waits for as long as it takes.'),
  phrase('again and again', /\bagain and again\b/iu, 'repeatedly; idempotent', 'To be called again and again.'),
  phrase('house', /\bhouses?\b/iu, 'codebase', 'The rules of the house.'),
  phrase(
    'room (module)',
    /\b(?:by|pure|every|no|its|a|of|larger|higher) rooms?(?= (?:above|below|of its own|of the|inside|that imports|imports))|\brooms? (?:above|below|of their own)\b|\bin a pure room\b/iu,
    'module, folder',
    'A room below it.',
  ),
  phrase(
    'it is so',
    /\bit is so\b|\bthat it is so\b|\bis so already\b/iu,
    'say what is true',
    'It says that it is so.',
  ),
  phrase('whether it is there', /\bwhether (?:it|he|she) is there\b/iu, 'is reachable', 'Whether it is there.'),
  phrase('there-words', /\b(?:there|where)(?:of|in|by|from|upon|to|unto)\b/iu, 'name the noun', 'The end thereof.'),
  phrase('whence', /\b(?:whence|thence|hence|hither|thither|hitherto)\b/iu, 'from which; therefore', 'Whence it came.'),
  phrase('lest', /\blest\b/iu, 'so that … does not', 'Lest it waits.'),
  phrase('upon', /\bupon\b/iu, 'on', 'Upon a flush.'),
  phrase('for ever', /\bfor ever\b/iu, 'forever', 'It waits for ever.'),
  phrase('all the same', /\ball the same\b/iu, 'still, nevertheless', 'It is read all the same.'),
  phrase('the very', /\bthe very\b/iu, 'the same, exactly', 'On the very state.'),
  phrase('rests on', /\brest(?:s|ed|ing)? (?:on|upon)\b/iu, 'depends on', 'Safety rests on no clock.'),
  phrase('reckon', /\breckon(?:s|ed|ing)?\b/iu, 'compute', 'Reckoned from the log.'),
  phrase('takes its leave', /\b(?:tak(?:e|es|en|ing)|took) (?:its|their) leave\b/iu, 'leaves', 'It takes its leave.'),
  phrase('a radiant that lies', /\b(?:radiants?|nodes?) that lies?\b(?! in)/iu, 'Byzantine', 'A radiant that lies.'),
  phrase('reign, era', /\breigns?\b|\beras?\b/iu, 'term; voteEpoch', 'The reign of a herald.'),
  phrase('wish', /\bwish(?:e[sd]|ing)?\b/iu, 'proposal, target membership; wants', 'The wishes of an order.'),
  phrase('desk, office', /\b(?:desks?|offices?)\b/iu, 'the name of the class; leadership', "The herald's office."),
  phrase('realm, surroundings', /\brealms?\b|\bsurroundings\b/iu, 'context', 'The realm of a group.'),
  phrase('outlook', /\boutlooks?\b/iu, 'topology', 'The outlook of a client.'),
  phrase('attendance', /\b(?:attendance|presentness)\b/iu, 'liveness', 'The attendance of members.'),
  phrase('belonging', /\b(?:belonging|enlistment|enlists?|enlisted)\b/iu, 'membership; joins', 'The enlistment here.'),
  phrase('withheld', /\bwithheld\b/iu, 'deferred', 'A withheld answer.'),
  phrase('disown', /\bdisown(?:s|ed|ing)?\b/iu, 'reports an unknown outcome', 'It disowns the write.'),
  phrase('regroup', /\bregroup(?:s|ed|ing)?\b/iu, 'consolidate', 'To regroup shards.'),
];

/** Matches words that must not open a sentence as a stand-in for a noun. They may open a question. */
export const BANNED_OPENINGS = /^(?:Who|Whom|Whose|What|Whatever|Where|Wherever|Of)\b/u;

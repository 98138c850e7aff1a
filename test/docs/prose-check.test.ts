/** Checks that the prose check finds planted phrases and long sentences, and accepts correct texts. */
import { describe, expect, test } from 'vitest';
import { BANNED_PHRASES } from './banned-phrases.ts';
import { findFaults, sentencesOf } from './prose.ts';

describe('the check finds', () => {
  test.each(BANNED_PHRASES)('$name in a comment, a string, a document and a page', ({ example }) => {
    expect(findFaults('planted.ts', `\n/** ${example} */\nexport {};\n`)).toContainEqual(
      expect.stringContaining('planted.ts:2 '),
    );
    expect(findFaults('planted.ts', `export const text = \`\${1} ${example}\`;\n`)).not.toEqual([]);
    expect(findFaults('planted.md', `\n- A list.\n- ${example}\n`)).toContainEqual(
      expect.stringContaining('planted.md:3 '),
    );
    expect(findFaults('planted.html', `<p>${example}</p>`)).not.toEqual([]);
  });

  test('a phrase that continues on the next line of a comment', () => {
    expect(findFaults('planted.ts', '// It waits for as\n// long as it takes.\n')).toHaveLength(1);
    expect(findFaults('planted.ts', '/**\n * It waits for as\n * long as it takes.\n */\n')).toHaveLength(1);
  });

  test('a test name, the text of a component and a comment of a stylesheet', () => {
    expect(findFaults('planted.test.ts', "test('answers whoever asks', () => {});\n")).toHaveLength(1);
    expect(findFaults('planted.tsx', 'export const text = <p>Answers whoever asks.</p>;\n')).toHaveLength(1);
    expect(findFaults('planted.css', '/* For whoever asks. */\np { color: red; }\n')).toHaveLength(1);
    expect(findFaults('planted.mjs', 'import a from "a"; // whoever asks\n')).toHaveLength(1);
  });

  test.each(['What is sent stays.', 'It is full. Where it is not, it goes.', 'Of two, one wins.'])(
    'a sentence that opens with a stand-in for a noun: %s',
    (text) => {
      expect(findFaults('planted.ts', `/** ${text} */\n`)).toHaveLength(1);
    },
  );

  test('a sentence of 26 words, across lines, with code and links', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
    const page = (count: number): string =>
      `# A page\n\n- Short.\n- A \`code span\` and\n  [a link](x.md) ${words(count - 5)}.\n`;
    expect(findFaults('planted.md', page(25))).toEqual([]);
    expect(findFaults('planted.md', page(26))).toEqual([expect.stringContaining('planted.md:4 has 26 words')]);
    expect(findFaults('planted.ts', `// ${words(25)}.\n`)).toEqual([]);
    expect(findFaults('planted.ts', `// ${words(13)}\n// ${words(13)}.\n`)).toHaveLength(1);
  });
});

describe('the check accepts', () => {
  test.each([
    'No more than three voters. No more entries follow.',
    'What is a quorum? A majority of the voters.',
    'A roommate has room for more. The signaling room is full.',
    'It is nonempty.',
  ])('%s', (text) => {
    expect(findFaults('innocent.ts', `/** ${text} */\n`)).toEqual([]);
  });

  test('names of one word, and code', () => {
    expect(findFaults('innocent.ts', "import './beside.ts';\nexport const wish = 'realm';\n")).toEqual([]);
    expect(findFaults('innocent.md', '```ts\nconst wish = 1;\n```\n')).toEqual([]);
  });
});

test('a text is divided into sentences at full stops, not within names', () => {
  expect(sentencesOf('See limits.ts for it. It has 2.5 s! Is it (so)? Yes.')).toEqual([
    'See limits.ts for it.',
    'It has 2.5 s!',
    'Is it (so)?',
    'Yes.',
  ]);
});

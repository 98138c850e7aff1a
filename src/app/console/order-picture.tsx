/** The picture of an order, with members, herald and round-trip times. */
import { formatMs, type PictureLink, type PictureNode, pictureOf } from './picture.ts';
import type { ShownView } from './shown-view.ts';

const RADIUS = { voter: 37, empty: 37, client: 25 } as const;

export function OrderPicture({ view }: { readonly view: ShownView }) {
  const picture = pictureOf(view);
  return (
    <figure class="picture">
      <svg viewBox={`0 0 ${picture.width} ${picture.height}`} role="img" aria-label={describe(picture.nodes)}>
        {picture.links.map((link) => (
          <Link key={`${link.from.x},${link.from.y},${link.to.x},${link.to.y}`} link={link} />
        ))}
        {picture.nodes.map((node) => (
          <Node key={node.radiant ?? `${node.x},${node.y}`} node={node} />
        ))}
      </svg>
      {picture.clientsLeftOut > 0 && <figcaption>and {picture.clientsLeftOut} more</figcaption>}
    </figure>
  );
}

function Link({ link }: { readonly link: PictureLink }) {
  const text = link.roundTripMs === undefined ? '…' : formatMs(link.roundTripMs);
  const width = 12 + text.length * 7.2;
  return (
    <g class="link">
      <line x1={link.from.x} y1={link.from.y} x2={link.to.x} y2={link.to.y} />
      <rect x={link.label.x - width / 2} y={link.label.y - 10} width={width} height={20} rx={10} />
      <text x={link.label.x} y={link.label.y + 4}>
        {text}
      </text>
    </g>
  );
}

function Node({ node }: { readonly node: PictureNode }) {
  const classes = ['node', node.kind];
  if (node.herald) classes.push('herald');
  if (node.ours) classes.push('ours');
  if (!node.reachable) classes.push('unreachable');
  const radius = RADIUS[node.kind];
  return (
    <g class={classes.join(' ')} transform={`translate(${node.x} ${node.y})`}>
      {node.herald && <circle class="halo" r={radius + 6} />}
      <circle class="body" r={radius} />
      {node.herald && <path class="crown" d="M-12 -12 l0 -12 l6 5.5 l6 -9 l6 9 l6 -5.5 l0 12 z" />}
      <text class="name" y={node.herald ? 9 : 5}>
        {node.name}
      </text>
      <text class="caption" y={captionY(node, radius)}>
        {node.caption}
      </text>
    </g>
  );
}

function captionY(node: PictureNode, radius: number): number {
  const gap = node.herald ? 12 : 8;
  return node.captionAbove ? -radius - gap : radius + gap + 11;
}

function describe(nodes: readonly PictureNode[]): string {
  if (nodes.length === 0) return 'No radiant is known yet.';
  return `The order: ${nodes.map(({ name, caption, kind }) => (kind === 'empty' ? 'one missing' : `${name}, ${caption}`)).join('; ')}.`;
}

// Small charts as SVG paths, and the bar of the last hour.

import { CELLS, MINUTE, cellsOf, historyGone, incidentsOf } from './fleet.js';
import { el, setAttribute, svg } from './dom.js';
import { ago, cause, count, hour, span, state } from './words.js';

/**
 * A line over the last minutes; a gap where there is no value.
 * @param least Value that the height is at least worth, so that noise stays small.
 * @param quiet Up to this value it is nothing to look at.
 */
export function spark(least, quiet, width = 60, height = 20) {
  const area = svg('path', { class: 'area' });
  const line = svg('path', { class: 'line' });
  const node = svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, area, line);
  return {
    node,
    update(values, limit = 60) {
      const most = Math.max(0, ...values.map(value => value ?? 0));
      const top = Math.max(least, most);
      let path = '', fill = '', isDown = false, from = 0;
      const x = i => ((i + limit - values.length) * width / (limit - 1)).toFixed(1);
      const close = i => { if (isDown) fill += `L${x(i)} ${height}L${x(from)} ${height}Z`; isDown = false; };
      values.forEach((value, i) => {
        if (value == null) return close(i - 1);
        const y = (height - 1 - value / top * (height - 2)).toFixed(1);
        if (!isDown) from = i;
        path += `${isDown ? 'L' : 'M'}${x(i)} ${y}`;
        fill += `${isDown ? 'L' : 'M'}${x(i)} ${y}`;
        isDown = true;
      });
      close(values.length - 1);
      setAttribute(line, 'd', path);
      setAttribute(area, 'd', fill);
      setAttribute(node, 'data-quiet', most <= quiet ? '' : null);
    },
  };
}

// --- what a cell says, beside it ---

const tip = el('div', { className: 'tip', id: 'tip', role: 'tooltip', hidden: true });
/** Leaves the bar that says something. */
let leave = null;

function tell(text, x, y) {
  if (!tip.isConnected) document.body.append(tip);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x - width / 2, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${y - height - 8 > 0 ? y - height - 8 : y + 28}px`;
}

// Where a finger pointed, nothing tells that it has left.
addEventListener('pointerdown', event => { if (!event.target.closest?.('.bar')) leave?.(); });
addEventListener('scroll', () => { if (!document.activeElement?.matches('.bar:focus-visible')) leave?.(); }, { passive: true });
addEventListener('hashchange', () => leave?.());

function describe(cell) {
  const when = `${hour(cell.at)} UTC`;
  const [incident, ...others] = cell.incidents;
  if (others.length) return `${when}: ${cell.incidents.length} incidents, ${[...new Set(cell.incidents.map(one => cause(one.cause)))].join(', ')}`;
  if (incident) {
    const heal = incident.timeToHeal == null ? incident.outcome === 'open' ? 'not healed yet' : 'not healed' : `healed in ${span(incident.timeToHeal)}`;
    return `${when}: ${cause(cell.kind)}${cell.kind === incident.cause ? ` (${incident.evidence})` : ''}, ${heal}`;
  }
  if (cell.kind === 'well') return `${when}: well`;
  if (cell.kind === 'unseen') return `${when}: not watched${historyGone ? ', as far as this page knows' : ''}`;
  return `${when}: ${state(cell.kind).tells || cause(cell.kind)}`;
}

/** Where the evidence of incidents is: of one by itself, of several of a minute in the list. */
function evidenceOf({ at, incidents: [incident, ...others] }, { host, name }) {
  if (!others.length) return `#/incidents/${incident.id}`;
  const ofContainer = [incident, ...others].every(one => one.container) ? { container: name } : {};
  return `#/incidents?${new URLSearchParams({ host, ...ofContainer, from: new Date(at).toISOString(), to: new Date(at + MINUTE - 1).toISOString() })}`;
}

/** A finger is wider than a cell: so many cells beside it are meant, too. */
const FINGER = 2;

/** One cell a minute, coloured by what went wrong. The arrow keys walk along it; Enter and a click open the evidence; a first tap says what a second one opens. */
export function bar() {
  const paths = new Map();
  const cursor = svg('rect', { class: 'cursor', y: 0, width: 9, height: 24, rx: 2, visibility: 'hidden' });
  const picture = svg('svg', { viewBox: `0 0 ${CELLS * 10} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, cursor);
  const node = el('button', { className: 'bar', type: 'button', role: 'slider', 'aria-valuemin': '0', 'aria-valuemax': `${CELLS - 1}` }, picture);
  let container = null, drawn = '', at = -1, cells = [];

  function point(i) {
    at = i;
    const cell = cells[i];
    setAttribute(cursor, 'visibility', cell ? 'visible' : 'hidden');
    leave = cell ? () => point(-1) : null;
    say();
    if (!cell) return tell('');
    setAttribute(cursor, 'x', `${i * 10}`);
    const box = picture.getBoundingClientRect();
    tell(describe(cell), box.left + (i + .5) * box.width / CELLS, box.top);
  }
  /** What a screen reader says of it. */
  function say() {
    const i = at < 0 ? CELLS - 1 : at;
    setAttribute(node, 'aria-valuenow', `${i}`);
    setAttribute(node, 'aria-valuetext', describe(cells[i]));
  }
  const lastIncident = () => cells.findLastIndex(cell => cell.incidents.length);
  function under(event) {
    const box = picture.getBoundingClientRect();
    const i = Math.max(0, Math.min(CELLS - 1, Math.floor((event.clientX - box.left) / box.width * CELLS)));
    if (event.pointerType !== 'touch') return i;
    const near = [0, -1, 1, -FINGER, FINGER].find(by => cells[i + by]?.incidents.length) ?? 0;
    return i + near;
  }
  function open() {
    const cell = cells[at < 0 ? lastIncident() : at];
    if (cell?.incidents.length) location.hash = evidenceOf(cell, container.view);
  }
  node.addEventListener('pointermove', event => { if (event.pointerType !== 'touch') point(under(event)); });
  node.addEventListener('pointerleave', event => { if (event.pointerType !== 'touch') point(-1); });
  node.addEventListener('focus', () => { if (node.matches(':focus-visible')) point(lastIncident() >= 0 ? lastIncident() : CELLS - 1); });
  node.addEventListener('blur', () => point(-1));
  node.addEventListener('click', event => {
    if (event.detail) {
      const i = under(event);
      if (event.pointerType === 'touch' && i !== at) return point(i);
      at = i;
    }
    open();
  });
  node.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -CELLS, End: CELLS }[event.key];
    if (!step) return;
    event.preventDefault();
    point(Math.max(0, Math.min(CELLS - 1, (at < 0 ? CELLS : at) + step)));
  });

  function update(shown) {
    const host = shown.view.host;
    const minute = Math.floor(Date.now() / MINUTE);
    const latest = incidentsOf(shown)[0];
    const wanted = `${shown.key} ${shown.revision} ${minute} ${historyGone} ${latest?.id} ${latest?.revision}`;
    if (container !== shown) at = -1;
    container = shown;
    if (drawn === wanted) return;
    drawn = wanted;
    cells = cellsOf(shown);
    const by = new Map();
    cells.forEach((cell, i) => by.set(cell.kind, (by.get(cell.kind) ?? '') + `M${i * 10} 2h8v20h-8z`));
    for (const [kind, path] of paths) if (!by.has(kind)) { path.remove(); paths.delete(kind); }
    for (const [kind, d] of by) {
      let path = paths.get(kind);
      if (!path) paths.set(kind, picture.insertBefore(path = svg('path', { 'data-kind': kind }), cursor));
      setAttribute(path, 'd', d);
    }
    const last = incidentsOf(shown);
    const spoken = last.length ? `${count(last.length, 'incident')}, the last ${ago(last[0].faultAt)}: ${cause(last[0].cause)}` : 'no incident';
    const unseen = cells.filter(cell => cell.kind === 'unseen').length;
    const watched = unseen ? `; not watched in ${unseen} of ${CELLS} minutes` : '';
    setAttribute(node, 'aria-label', `Last hour of ${shown.view.name} on ${host}: ${spoken}${watched}`);
    say();
  }
  return { node, update };
}

/** The colours of the bars. */
const kinds = {
  well: 'well', stopped: 'stopped', died: 'died', outOfMemory: 'out of memory', packetLoss: 'packets or network lost',
  unhealthy: 'unhealthy', hostOffline: 'not known', unseen: 'not watched',
};

export const legend = () => el('ul', { className: 'legend', 'aria-label': 'Colours of the bars' },
  ...Object.entries(kinds).map(([kind, word]) => el('li', {}, el('span', { className: 'swatch', 'data-kind': kind }), word)));

/** What is where along a bar. */
export function scale() {
  const marks = [0, .25, .5, .75, 1].map(() => el('span'));
  return {
    node: el('div', { className: 'scale dim', 'aria-hidden': 'true' }, ...marks),
    update(now = Date.now()) {
      marks.forEach((mark, i) => { mark.textContent = i === marks.length - 1 ? 'now' : hour(now - (CELLS - i * CELLS / (marks.length - 1)) * MINUTE); });
    },
  };
}

// Small charts as SVG paths, and the bar of the last hour.

import { CELLS, MINUTE, cellsOf, historyGone, incidentsOf } from './fleet.js';
import { el, setAttribute, svg } from './dom.js';
import { ago, cause, count, span, state, time } from './words.js';

/**
 * A line over the last minutes; a gap where there is no value.
 * @param least Value that the height is at least worth, so that noise stays small.
 */
export function spark(least, width = 60, height = 20) {
  const area = svg('path', { class: 'area' });
  const line = svg('path', { class: 'line' });
  const node = svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, area, line);
  return {
    node,
    update(values, limit = 60) {
      const top = Math.max(least, ...values.map(value => value ?? 0));
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
    },
  };
}

const tip = el('div', { className: 'tip', id: 'tip', role: 'tooltip', hidden: true });

function tell(text, x, y) {
  if (!tip.isConnected) document.body.append(tip);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x - width / 2, document.documentElement.clientWidth - width - 8))}px`;
  tip.style.top = `${y - height - 8 > 0 ? y - height - 8 : y + 28}px`;
}

function describe(cell) {
  const when = `${time(new Date(cell.at).toISOString()).replace(/:00 UTC$/, '')} UTC`;
  if (cell.incident) {
    const { incident } = cell;
    const heal = incident.timeToHeal == null ? incident.outcome === 'open' ? 'not healed yet' : 'not healed' : `healed in ${span(incident.timeToHeal)}`;
    return `${when}: ${cause(incident.cause)} (${incident.evidence}), ${heal}`;
  }
  if (cell.kind === 'well') return `${when}: well`;
  if (cell.kind === 'unseen') return `${when}: nobody watched it${historyGone ? ', as far as this page knows' : ''}`;
  return `${when}: ${state(cell.kind).tells || cause(cell.kind)}`;
}

/** One cell a minute, coloured by what went wrong. The arrow keys walk along it; Enter and a click open the evidence. */
export function bar() {
  const paths = new Map();
  const cursor = svg('rect', { class: 'cursor', y: 0, width: 9, height: 24, rx: 2, visibility: 'hidden' });
  const picture = svg('svg', { viewBox: `0 0 ${CELLS * 10} 24`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, cursor);
  const node = el('button', { className: 'bar', type: 'button' }, picture);
  let container = null, drawn = '', at = -1, cells = [];

  function point(i) {
    at = i;
    const cell = cells[i];
    setAttribute(cursor, 'visibility', cell ? 'visible' : 'hidden');
    if (!cell) return tell('');
    setAttribute(cursor, 'x', `${i * 10}`);
    const box = picture.getBoundingClientRect();
    tell(describe(cell), box.left + (i + .5) * box.width / CELLS, box.top);
  }
  const under = event => {
    const box = picture.getBoundingClientRect();
    return Math.max(0, Math.min(CELLS - 1, Math.floor((event.clientX - box.left) / box.width * CELLS)));
  };
  function open() {
    const incident = cells[at]?.incident ?? (at < 0 ? incidentsOf(container)[0] : null);
    if (incident) location.hash = `#/incidents/${incident.id}`;
  }
  node.addEventListener('pointermove', event => point(under(event)));
  node.addEventListener('pointerleave', () => point(-1));
  node.addEventListener('focus', () => { if (node.matches(':focus-visible')) point(cells.findLastIndex(cell => cell.incident) >= 0 ? cells.findLastIndex(cell => cell.incident) : CELLS - 1); });
  node.addEventListener('blur', () => point(-1));
  node.addEventListener('click', event => { if (event.detail) at = under(event); open(); });
  node.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -CELLS, End: CELLS }[event.key];
    if (!step) return;
    event.preventDefault();
    point(Math.max(0, Math.min(CELLS - 1, (at < 0 ? CELLS : at) + step)));
    node.setAttribute('aria-label', describe(cells[at]));
  });

  function update(shown) {
    const host = shown.view.host;
    const minute = Math.floor(Date.now() / MINUTE);
    const wanted = `${shown.key} ${shown.revision} ${minute} ${historyGone} ${incidentsOf(shown)[0]?.id}`;
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
    if (document.activeElement !== node || at < 0) node.setAttribute('aria-label', `Last hour of ${shown.view.name} on ${host}: ${spoken}${watched}`);
  }
  return { node, update };
}

// What is known of an incident: how it went, what was done, and what was found before the restart.

import { el, icon } from './dom.js';
import { containers, keyOf } from './fleet.js';
import { outagesOf } from './outages.js';
import { actions, cause, count, memory, outcome, plain, sentence, span, time } from './words.js';

export const tones = { open: 'busy', recovered: 'good', quarantined: 'bad' };
const results = { done: 'done', refused: 'refused by the engine', unanswered: 'the engine did not answer' };

export function outcomeBadge(incident) {
  return el('span', { className: 'pill', 'data-tone': tones[incident.outcome] ?? 'calm' },
    icon({ open: 'restarting', recovered: 'healthy', quarantined: 'quarantined', ignored: 'ignored', removed: 'gone' }[incident.outcome] ?? 'unknown'),
    el('span', {}, outcome(incident.outcome)));
}

const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

/** Its figures: how long it took, and how much it took. */
export function figures(incident) {
  const down = (incident.outages ?? []).reduce((sum, { from, to }) => sum + (to ? seconds(from, to) : NaN), 0);
  const attempts = incident.attempts?.length ?? 0;
  return [
    ['Detected', incident.timeToDetect == null ? '' : `in ${span(incident.timeToDetect)}`],
    ['Healed', incident.timeToHeal == null ? incident.endedAt ? 'no' : 'not yet' : `in ${span(incident.timeToHeal)}`],
    ['Attempts', attempts ? `${attempts}` : 'none'],
    ['Down', down ? `${span(down)}` : ''],
  ];
}

/** An attempt in words: why, where that is not what the incident began with, and how it ended. */
function attemptWords({ cause: why, evidence, outcome: result, at, endedAt, detail }, incident) {
  const reason = why === incident.cause && evidence === incident.evidence ? '' : `because it ${cause(why)} (${evidence}): `;
  return `${reason}${result ? `${results[result] ?? result}${endedAt ? ` after ${span(seconds(at, endedAt))}` : ''}${detail ? `, ${detail}` : ''}` : 'under way'}`;
}

/** What happened one after the other: when, what, more of it, and a tone. */
function stepsOf(incident) {
  const { container, attempts = [], outages = [] } = incident;
  const view = containers.get(keyOf(incident.host, incident.containerId))?.view;
  const downs = outagesOf(incident, view);
  const again = container ? incident.cause === 'disconnected' ? 'On its network again' : 'Running again' : 'It answers again';
  const steps = [
    [incident.downSince, sentence(cause(incident.cause)), '', 'bad'],
    [incident.faultAt, 'Noticed', incident.evidence, 'warn'],
    ...attempts.map(attempt => [attempt.at, `${actions[attempt.action] ?? plain(attempt.action)} ${attempt.number}`, attemptWords(attempt, incident), attempt.outcome && attempt.outcome !== 'done' ? 'bad' : 'busy']),
    ...outages.slice(1).map(({ from }) => [from, `Again: ${cause(downs.findLast(part => part.from <= Date.parse(from))?.cause ?? incident.cause)}`, '', 'bad']),
    ...outages.length ? outages.map(({ to }) => [to, again, '', 'good']) : [[incident.runningAgainAt, again, '', 'good']],
  ].filter(([at]) => at).sort((a, b) => Date.parse(a[0]) - Date.parse(b[0]));
  if (incident.endedAt) steps.push([incident.endedAt, sentence(outcome(incident.outcome)), incident.outcome === 'recovered' && container ? 'it has stayed well' : '', tones[incident.outcome] ?? 'calm']);
  else steps.push([null, incident.runningAgainAt ? 'It has to stay well now' : container ? 'Not well yet' : 'Waiting for it', '', 'open']);
  return steps;
}

/** How it went, step by step, with the time that lies between. */
function course(incident) {
  let last = null;
  return el('ol', { className: 'course' }, ...stepsOf(incident).map(([at, what, more, tone]) => {
    const later = at && last ? seconds(last, at) : 0;
    if (at) last = at;
    return el('li', { 'data-step': tone },
      at ? el('time', { dateTime: at, className: 'dim' }, time(at)) : el('span', { className: 'dim' }, 'now'),
      el('span', { className: 'step' }, el('b', {}, what), more ? ` ${more}` : ''),
      el('span', { className: 'later dim' }, later >= .001 ? `+ ${span(later)}` : ''));
  }));
}

const facts = pairs => el('dl', { className: 'facts' }, ...pairs.filter(([, value]) => value != null && value !== '').flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));

/** What was found before the restart. */
const found = capture => [
  el('h3', {}, 'Found before it was healed'),
  facts([
    ['Looked at', time(capture.at)],
    ['Exit code', capture.exitCode == null ? 'it still ran' : `${capture.exitCode}`],
    ['Out of memory', capture.outOfMemory ? 'yes, the kernel killed a process of it' : 'no'],
    ['Memory in use', memory(capture.memory)],
  ]),
];

const said = capture => [
  ...capture.healthOutput ? [el('h3', {}, 'Its health check said'), el('pre', { tabIndex: 0 }, capture.healthOutput)] : [],
  el('h3', {}, capture.log.length ? `Its last ${count(capture.log.length, 'line')}` : 'It had written nothing'),
  ...capture.log.length ? [el('pre', { tabIndex: 0, className: 'log', 'aria-label': 'Last lines of its output' }, capture.log.join('\n'))] : [],
];

/** All of it. What was found stays as it is while the incident goes on, with its focus and how far somebody has scrolled. */
export function evidence() {
  const numbers = el('dl', { className: 'numbers' });
  const how = el('div');
  const what = el('div');
  const output = el('div');
  const node = el('div', { className: 'evidence' }, numbers, el('div', { className: 'parts' }, how, what), output);
  let drawn = '';
  return {
    node,
    update(incident) {
      const { capture } = incident;
      if (capture && !what.firstChild) {
        what.append(...found(capture));
        output.append(...said(capture));
      }
      const wanted = `${incident.id} ${incident.revision}`;
      if (drawn === wanted) return;
      drawn = wanted;
      numbers.replaceChildren(...figures(incident).filter(([, value]) => value).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
      how.replaceChildren(el('h3', {}, 'How it went'), course(incident), ...incident.attempts?.length || !incident.endedAt ? []
        : [el('p', { className: 'dim' }, incident.container ? 'Nothing was tried.' : 'A host heals nothing by a restart; it is waited for.')]);
    },
  };
}

// What nobody is told: muted containers and maintenance windows, and the questions that begin and end them.

import { get, send } from './api.js';
import { confirmDialog, tellDialog } from './dialogs.js';
import { el } from './dom.js';
import { changed } from './fleet.js';
import { time } from './words.js';

/** Milliseconds between two looks: others change it, too. */
const PERIOD = 30000;
const HOUR = 3600;

const lengths = [['30 minutes', HOUR / 2], ['1 hour', HOUR], ['2 hours', 2 * HOUR], ['4 hours', 4 * HOUR], ['8 hours', 8 * HOUR], ['1 day', 24 * HOUR], ['1 week', 168 * HOUR]];

/** As GET /notifications shows it; null until it is known. */
let known = null;

function take(view) {
  known = view;
  changed();
}

async function load() {
  // One that does not answer is told of in the question, where somebody wants to change something.
  await get('notifications').then(take, () => {});
}

export function start() {
  load();
  setInterval(load, PERIOD);
}

const isAhead = ({ until }) => !until || Date.parse(until) > Date.now();

/** The mute of a container; undefined while there is none. */
export const muteOf = ({ host, name, id }) => known?.mutes.find(mute => mute.host === host && (mute.container === name || mute.container === id) && isAhead(mute));

/** Maintenance of a host or of all, under way and to come, in order. */
export const windowsOf = host => (known?.windows ?? []).filter(window => (!window.host || window.host === host) && isAhead(window)).sort((a, b) => Date.parse(a.from) - Date.parse(b.from));

const isUnderWay = window => Date.parse(window.from) <= Date.now();

/** Until when nobody is told of a container or a host, in words; empty where people are told. */
export const muteWords = mute => mute ? `muted ${mute.until ? `until ${time(mute.until)}` : 'until somebody ends it'}` : '';

export function maintenanceWords(host) {
  const [window] = windowsOf(host);
  if (!window) return '';
  return `maintenance${window.host ? '' : ' of all hosts'} ${isUnderWay(window) ? '' : `from ${time(window.from)} `}until ${time(window.until)}`;
}

/** Asks once more, so that nothing is offered that would change nothing. */
async function ask(question) {
  await load();
  if (known && !known.channels.length) {
    return tellDialog('Nobody is told anything',
      el('p', {}, 'No channel is configured, so there is nothing to keep quiet: set Hms:Notifications:Channels:0:Name, :Type and :Url on the nodes.'));
  }
  return confirmDialog(question);
}

const lengthChoice = (chosen, ...more) => el('label', {}, 'For how long',
  el('select', { name: 'length' }, ...lengths.map(([label, seconds]) => el('option', { value: `${seconds}`, selected: seconds === chosen }, label)), ...more));

const end = form => form.get('length') ? new Date(Date.now() + Number(form.get('length')) * 1000).toISOString() : undefined;

async function change(method, path, body) {
  const reply = await send(method, path, body);
  await load();
  return reply;
}

export function askMute({ host, name, id }) {
  const path = named => `notifications/mutes/${encodeURIComponent(host)}/${encodeURIComponent(named)}`;
  const mute = muteOf({ host, name, id });
  return mute
    ? confirmDialog({
      title: `Unmute ${name}?`, text: el('p', {}, 'People are told of it again, also of what is broken now.'), action: 'Unmute',
      act: () => change('DELETE', path(mute.container)), done: `People are told of ${name} again.`,
    })
    : ask({
      title: `Mute notifications of ${name}`, text: el('p', {}, 'Nobody is told of it. It is healed as before; what is still broken when the mute ends is told then.'), action: 'Mute',
      fields: [lengthChoice(HOUR, el('option', { value: '' }, 'Until somebody ends it'))],
      act: form => change('PUT', path(name), { until: end(form) }), done: `Nobody is told of ${name}.`,
    });
}

export function askMaintenance(host) {
  const windows = windowsOf(host);
  const spoken = window => `${window.host ?? 'All hosts'}: ${isUnderWay(window) ? '' : `from ${time(window.from)} `}until ${time(window.until)}`;
  return windows.length
    ? confirmDialog({
      title: 'End maintenance?', text: el('p', {}, 'People are told again, also of what is broken now.'), action: 'End maintenance',
      fields: [el('label', { className: 'wide' }, 'Which', el('select', { name: 'window' }, ...windows.map(window => el('option', { value: window.id }, spoken(window)))))],
      act: form => change('DELETE', `notifications/maintenance/${encodeURIComponent(form.get('window'))}`), done: 'The maintenance has ended.',
    })
    : ask({
      title: `Maintenance of ${host}`, text: el('p', {}, 'Nobody is told of the host and its containers. They are healed as before; what is still broken at the end is told then.'), action: 'Begin maintenance',
      fields: [lengthChoice(2 * HOUR), el('label', { className: 'check' }, el('input', { type: 'checkbox', name: 'all' }), 'Of all hosts')],
      act: form => change('POST', 'notifications/maintenance', { host: form.has('all') ? undefined : host, until: end(form) }), done: 'The maintenance has begun.',
    });
}

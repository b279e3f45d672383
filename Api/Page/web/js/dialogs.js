// Dialogs: a question before something is done, help, and a test of the notifications.

import { send } from './api.js';
import { el, icon } from './dom.js';

const toast = document.getElementById('toast');
let fading = 0;

/** Says something in passing. */
export function say(text) {
  toast.textContent = text;
  toast.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => toast.classList.remove('shown'), 6000);
}

function open(title, className, ...children) {
  const heading = el('h2', { id: 'dialog-title', tabIndex: -1 }, title);
  const dialog = el('dialog', { className, 'aria-labelledby': 'dialog-title' }, heading, ...children);
  const from = document.activeElement;
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (from?.isConnected) from.focus({ preventScroll: true });
  });
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Asks, then does it, and stays open with the problem's words when it could not be done.
 * @param question title, text (a sentence or nodes), action (the button's words), isHarm, fields (nodes), act() that does it, and done: what to say then.
 */
export function confirmDialog({ title, text, action, isHarm = false, fields = [], act, done }) {
  const problem = el('p', { className: 'problem', role: 'alert' });
  const yes = el('button', { type: 'submit', className: isHarm ? 'primary harm' : 'primary' }, action);
  const no = el('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const form = el('form', { method: 'dialog' }, el('div', { className: 'text' }, ...[text].flat()), ...fields, problem, el('div', { className: 'actions' }, no, yes));
  const dialog = open(title, 'question', form);
  // The safe answer first, unless there is something to fill in.
  (form.querySelector('input, select') ?? no).focus();
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (!form.reportValidity()) return;
    yes.disabled = true;
    problem.textContent = '';
    try {
      const reply = await act(new FormData(form));
      dialog.close();
      say(reply?.unsaved ? `${done} ${reply.unsaved}` : done);
    } catch (e) {
      problem.textContent = e.message;
      yes.disabled = false;
    }
  });
  return dialog;
}

const closing = () => el('form', { method: 'dialog', className: 'actions' }, el('button', { className: 'primary', autofocus: true }, icon('close'), 'Close'));

/** Says something that asks for nothing. */
export const tellDialog = (title, ...content) => open(title, 'question', el('div', { className: 'text' }, ...content), closing());

export const isKeyboardOn = () => localStorage.getItem('keys') !== 'off';

export function helpDialog() {
  const rows = [
    ['/', 'search'], ['j k', 'next and previous container'], ['Enter', 'open what has the focus'], ['← →', 'along the bar of the last hour'],
    ['Esc', 'back; in the fleet: clear the filters'], ['f i a', 'fleet, incidents, antagonist'], ['t', 'colours: system, light, dark'], ['?', 'this'],
  ];
  const kinds = [['well', 'well'], ['stopped', 'was stopped'], ['died', 'died by itself, could not be started'], ['outOfMemory', 'ran out of memory'], ['packetLoss', 'lost packets, off its network'], ['unhealthy', 'was unhealthy, suspect'], ['hostOffline', 'engine silent, host offline, not known'], ['unseen', 'ignored, not watched']];
  const box = el('input', { type: 'checkbox', checked: isKeyboardOn(), onchange: () => localStorage.setItem('keys', box.checked ? 'on' : 'off') });
  const dialog = open('Help', 'help',
    el('h3', {}, 'Keys'),
    el('dl', { className: 'shortcuts' }, ...rows.flatMap(([key, what]) => [el('dt', {}, ...key.split(' ').map(one => el('kbd', {}, one))), el('dd', {}, what)])),
    el('label', { className: 'check' }, box, 'Single keys are shortcuts'),
    el('h3', {}, 'The bar of the last hour'),
    el('p', {}, 'One cell for each minute, in the colour of what went wrong in it. A click opens the evidence; on a touch screen the first tap says what it is, the second opens it.'),
    el('ul', { className: 'legend full' }, ...kinds.map(([kind, what]) => el('li', {}, el('span', { className: 'swatch', 'data-kind': kind }), what))),
    closing());
  return dialog;
}

export const notifyDialog = () => confirmDialog({
  title: 'Send a test notification',
  text: el('p', {}, 'Every channel that is configured gets a message that says that it is a test.'),
  action: 'Send',
  act: async () => {
    const { value: channels } = await send('POST', 'notifications/test');
    if (channels.some(channel => !channel.delivered)) {
      throw new Error(channels.map(({ channel, delivered, trouble }) => `${channel}: ${delivered ? 'delivered' : trouble}`).join('. '));
    }
  },
  done: 'The test notification has been delivered on every channel.',
});

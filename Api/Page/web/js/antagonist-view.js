// The antagonist: what it does on each host, starting and stopping it, and how what it breaks is healed.

import { get, send } from './api.js';
import { confirmDialog } from './dialogs.js';
import { el, icon, keeper, place, setAttribute, show, write } from './dom.js';
import { containers, hosts, incidentsOf, keyOf, shownState, subscribe } from './fleet.js';
import { containerHash, pill } from './rows.js';
import { attack, attacks, count, plain, span, time } from './words.js';

const PERIOD = 1000;
/** Milliseconds for which a fault that is over stays in the list. */
const AFTERGLOW = 20000;

/** The four scenarios of the report. */
const presets = {
  'Low load, seldom': { heavy: 25, balance: 70, loss: 80, frequency: 1, duration: 5 },
  'Low load, often': { heavy: 25, balance: 70, loss: 80, frequency: .1, duration: 5 },
  'High load, seldom': { heavy: 90, balance: 70, loss: 80, frequency: 1, duration: 20 },
  'High load, often': { heavy: 90, balance: 70, loss: 80, frequency: .1, duration: 20 },
};

const fields = [
  ['heavy', 'Chance of an attack', '%', 0, 100], ['balance', 'Share that ends the container', '%', 0, 100], ['loss', 'Packets dropped', '%', 0, 100],
  ['frequency', 'Mean wait', 's', .01, 86400], ['duration', 'Mean length', 's', .1, 3600], ['seed', 'Seed', '', 0, Number.MAX_SAFE_INTEGER],
];
const kindsOfContainers = Object.keys(attacks).filter(kind => !['killSilo', 'killEngine', 'cutHost'].includes(kind));

const states = {
  unknown: ['calm', 'unknown', 'host does not answer'], missing: ['calm', 'ignored', 'no agent'], off: ['good', 'healthy', 'off'],
  starting: ['busy', 'starting', 'about to begin'], running: ['bad', 'bolt', 'attacking'], halting: ['busy', 'restarting', 'undoing'],
};

/** States in which the list of a host's faults is what there is: of the others it is not known. */
const telling = ['off', 'starting', 'running', 'halting'];

/** Seconds from a fault until the monitor had noticed it, and from then until it had healed it; null where it has not, or not yet. */
function healingOf({ fault, endedAt }, container) {
  const since = Date.parse(fault.since);
  const within = (times, from) => times.filter(Boolean).map(Date.parse).filter(at => at >= from).sort((a, b) => a - b)[0];
  for (const incident of container ? incidentsOf(container).toReversed() : []) {
    const noticed = within([incident.faultAt, ...incident.attempts.map(({ at }) => at)], since);
    if (!noticed || noticed > (endedAt ?? Infinity)) continue;
    const healed = within([...incident.outages.map(({ to }) => to), incident.runningAgainAt], noticed);
    return { detected: (noticed - since) / 1000, healed: healed ? (healed - noticed) / 1000 : null };
  }
  return { detected: null, healed: null };
}

const inWords = scenario => scenario
  ? `${scenario.heavy} % every ${span(scenario.frequency)}, ${scenario.balance} % of them end it, else ${scenario.loss} % loss for ${span(scenario.duration)}; seed ${scenario.seed}; ${scenario.kinds.join(', ')}` : '';

export function antagonistView(main) {
  let isClosed = false, timer = 0, replies = [];
  const faults = new Map();

  const preset = el('select', { id: 'preset' }, ...Object.keys(presets).map(name => el('option', {}, name)), el('option', { value: '' }, 'As below'));
  const scope = el('select', { id: 'scope' }, el('option', { value: '' }, 'All hosts'));
  const inputs = fields.map(([name, , , min, max]) => el('input', { type: 'number', name, id: `field-${name}`, min, max, step: name === 'seed' ? 1 : 'any', value: `${presets['Low load, seldom'][name] ?? 1}`, required: true }));
  const boxes = kindsOfContainers.map(kind => el('input', { type: 'checkbox', name: 'kinds', value: kind, checked: kind === 'stop' || kind === 'loss' }));
  const kindProblem = el('p', { className: 'problem', role: 'alert' });
  const start = el('button', { type: 'submit', className: 'primary harm', value: 'PUT' }, icon('bolt'), 'Start attacks');
  const configure = el('button', { type: 'submit', value: 'POST' }, 'Only configure');
  const halt = el('button', { type: 'button', onclick: () => askHalt(scope.value) }, 'Stop and undo');
  const form = el('form', { className: 'card scenario', 'aria-label': 'Scenario' },
    el('h2', {}, 'Scenario'),
    el('div', { className: 'fields' }, el('label', {}, 'Preset of the report', preset), el('label', {}, 'Where', scope),
      ...fields.map(([, label, unit], i) => el('label', {}, `${label}${unit && ` (${unit})`}`, inputs[i]))),
    el('fieldset', {}, el('legend', {}, 'What is done'), ...boxes.map((box, i) => el('label', { className: 'check' }, box, attack(kindsOfContainers[i])))),
    kindProblem,
    el('div', { className: 'actions' }, halt, configure, start));
  const message = el('p', { className: 'note', role: 'alert', hidden: true });
  const hostList = el('ul', { className: 'agents' });
  const faultCount = el('span', { className: 'dim' });
  const faultHead = el('div', { className: 'head dim', 'aria-hidden': 'true' }, ...['Fault', 'Container', 'Lasts', 'Detected', 'Healed', 'Now'].map(text => el('span', {}, text)));
  const faultList = el('ul');
  const noFaults = el('p', { className: 'dim' });
  main.replaceChildren(
    el('h1', {}, 'Antagonist'),
    el('p', { className: 'warning' }, icon('trouble'), el('span', {}, el('b', {}, 'This breaks real containers, on purpose. '), 'Whoever uses them notices. Ignored containers and those with the label hms.chaos=deny are left alone; everything is undone when it is stopped.')),
    message,
    el('div', { className: 'columns' },
      form,
      el('div', {},
        el('section', { className: 'card' }, el('h2', {}, 'Hosts'), hostList),
        el('section', { className: 'card' }, el('h2', {}, 'Faults ', faultCount), el('div', { className: 'faults' }, faultHead, faultList), noFaults))));
  document.title = 'Antagonist - HmsOrleans';

  preset.addEventListener('change', () => fields.forEach(([name], i) => { const value = presets[preset.value]?.[name]; if (value != null) inputs[i].value = `${value}`; }));
  inputs.forEach(input => input.addEventListener('input', () => { if (input.name !== 'seed') preset.value = ''; }));

  /** Shows the scenario that holds already, where one was ordered before. */
  function adopt(scenario) {
    inputs.forEach(input => { input.value = `${scenario[input.name]}`; });
    boxes.forEach(box => { box.checked = scenario.kinds.includes(box.value); });
    preset.value = Object.keys(presets).find(name => Object.entries(presets[name]).every(([field, value]) => scenario[field] === value)) ?? '';
  }

  const where = address => address || (replies.length === 1 ? replies[0].address : 'all hosts');
  const at = address => address ? `test/${encodeURIComponent(address)}` : 'test';

  form.addEventListener('submit', event => {
    event.preventDefault();
    const scenario = Object.fromEntries(inputs.map(input => [input.name, Number(input.value)]));
    scenario.kinds = boxes.filter(box => box.checked).map(box => box.value);
    write(kindProblem, scenario.kinds.length ? '' : 'Choose at least one thing that is done.');
    if (!scenario.kinds.length) return;
    if (event.submitter?.value === 'POST') {
      confirmDialog({ title: `Configure the antagonist on ${where(scope.value)}?`, text: el('p', {}, inWords(scenario)), action: 'Configure', act: () => change('POST', scope.value, scenario), done: 'The scenario is set.' });
    } else {
      confirmDialog({
        title: `Attack the containers on ${where(scope.value)}?`, text: [el('p', {}, 'Real containers are broken until somebody stops it.'), el('p', { className: 'dim' }, inWords(scenario))],
        action: 'Start attacks', isHarm: true, act: () => change('PUT', scope.value, scenario), done: 'The antagonist begins.',
      });
    }
  });

  async function change(method, address, body) {
    const reply = await send(method, at(address), body);
    read();
    return reply;
  }

  function askHalt(address) {
    confirmDialog({ title: `Stop the antagonist on ${where(address)}?`, text: el('p', {}, 'All attacks end, and what they have done is undone.'), action: 'Stop and undo', act: () => change('DELETE', address), done: 'The antagonist has stopped.' });
  }

  const agents = keeper(reply => {
    const { address } = reply;
    const glyph = el('span', { className: 'pill' });
    const doing = el('p', { className: 'dim' });
    const facts = el('dl', { className: 'facts' });
    const reason = el('p', { className: 'warn' });
    const stop = el('button', { type: 'button', 'aria-label': `Stop the antagonist on ${address}`, onclick: () => askHalt(address) }, 'Stop');
    let drawn = '';
    return {
      node: el('li', {}, el('div', { className: 'title' }, el('b', {}, address), glyph, doing, stop), facts, reason),
      update({ state, reason: text, since, scenario, agent, faults: running }) {
        const [tone, name, word] = states[state] ?? ['calm', 'unknown', plain(state)];
        if (drawn !== state) glyph.replaceChildren(icon(name), word);
        drawn = state;
        setAttribute(glyph, 'data-tone', tone);
        show(stop, state === 'running' || state === 'starting');
        write(doing, [since && telling.includes(state) ? `since ${time(since)}` : '', running.length ? count(running.length, 'fault') : ''].filter(Boolean).join(', '));
        const pairs = [
          ['Scenario', state === 'running' || state === 'starting' ? inWords(scenario) : ''],
          ['Can', agent ? `${agent.abilities.map(kind => attack(kind) + (kind === 'loss' ? ` (by ${agent.lossBackend})` : '')).join(', ')}; at most ${agent.maxShare} % of the containers at once${agent.dryRun ? '; dry run, it only says what it would do' : ''}` : ''],
        ];
        if (!facts.firstChild) facts.append(...pairs.flatMap(([label]) => [el('dt', {}, label), el('dd')]));
        pairs.forEach(([, value], i) => {
          write(facts.children[i * 2 + 1], value);
          for (const node of [facts.children[i * 2], facts.children[i * 2 + 1]]) show(node, Boolean(value));
        });
        show(facts, pairs.some(([, value]) => value));
        write(reason, text ?? '');
      },
    };
  });

  const rows = keeper(() => {
    const what = el('b');
    const link = el('a');
    const on = el('span', { className: 'dim' });
    const when = el('span', { className: 'dim when' });
    const detected = el('span');
    const healed = el('span');
    const now = pill();
    const took = (label, value) => el('span', { className: 'took' }, el('span', { className: 'label dim' }, `${label} `), value);
    const node = el('li', {}, what, el('span', { className: 'who' }, link, on), when, took('Detected', detected), took('Healed', healed), now.node);
    return {
      node,
      update(entry) {
        const { fault, host, endedAt, lostAt } = entry;
        const container = containers.get(keyOf(host, fault.containerId));
        write(what, attack(fault.kind) + (fault.loss == null ? '' : ` ${Math.round(fault.loss)} %`));
        write(link, fault.container);
        write(on, ` on ${host}`);
        setAttribute(link, 'href', containerHash({ host, name: fault.container }));
        const lasted = to => span(Math.max(0, (to - Date.parse(fault.since)) / 1000));
        const left = (Date.parse(fault.until) - Date.now()) / 1000;
        write(when, endedAt ? `${lasted(endedAt)}, over`
          : lostAt ? `not known since ${time(new Date(lostAt).toISOString())}`
          : `${lasted(Date.now())}${left > 0 ? `, ≤ ${span(left)} left` : ''}`);
        const healing = healingOf(entry, container);
        write(detected, healing.detected == null ? '–' : `in ${span(healing.detected)}`);
        write(healed, healing.healed == null ? '–' : `in ${span(healing.healed)}`);
        now.update(container ? shownState(container) : 'gone');
        setAttribute(node, 'data-over', endedAt ? '' : null);
        setAttribute(when, 'data-tone', lostAt && !endedAt ? 'warn' : null);
      },
    };
  });

  function draw() {
    place(hostList, agents(replies.map(reply => [reply.address, reply])));
    const now = Date.now();
    for (const [id, entry] of faults) if (entry.endedAt && now - entry.endedAt > AFTERGLOW) faults.delete(id);
    const sorted = [...faults.values()].sort((a, b) => Boolean(a.endedAt) - Boolean(b.endedAt) || Date.parse(b.fault.since) - Date.parse(a.fault.since)).slice(0, 60);
    place(faultList, rows(sorted.map(entry => [entry.fault.id, entry])));
    const running = sorted.filter(entry => !entry.endedAt && !entry.lostAt).length;
    const lost = sorted.filter(entry => !entry.endedAt && entry.lostAt).length;
    write(faultCount, [running ? `${running} now` : '', lost ? `${lost} not known` : ''].filter(Boolean).join(', '));
    write(noFaults, replies.some(({ state }) => telling.includes(state)) ? 'None. What is broken, and how it heals, appears here.' : 'None is known: no agent reports.');
    show(noFaults, !sorted.length);
    show(faultHead, sorted.length > 0);
    const addresses = [...hosts.keys()];
    if (scope.options.length !== addresses.length + 1) scope.replaceChildren(el('option', { value: '' }, 'All hosts'), ...addresses.map(address => el('option', { value: address }, address)));
  }

  async function read() {
    clearTimeout(timer);
    try {
      const isFirst = !replies.length;
      replies = await get('test');
      const ordered = replies.find(reply => reply.since);
      if (isFirst && ordered) adopt(ordered.scenario);
      const present = new Set();
      for (const { address, faults: running } of replies) {
        for (const fault of running) {
          present.add(fault.id);
          faults.set(fault.id, { fault, host: address, endedAt: null, lostAt: null });
        }
      }
      const tells = new Set(replies.filter(({ state }) => telling.includes(state)).map(({ address }) => address));
      for (const [id, entry] of faults) {
        if (present.has(id)) continue;
        // The faults of a host that was removed are halted with it.
        if (tells.has(entry.host) || !hosts.has(entry.host)) entry.endedAt ??= Date.now();
        else entry.lostAt ??= Date.now();
      }
      show(message, false);
    } catch (e) {
      if (isClosed) return;
      write(message, `${e.message} What is shown is the last that was known.`);
      show(message, true);
    }
    if (isClosed) return;
    draw();
    clearTimeout(timer);
    timer = setTimeout(read, PERIOD);
  }
  read();
  const unsubscribe = subscribe(draw);
  return { name: 'antagonist', close() { isClosed = true; clearTimeout(timer); unsubscribe(); } };
}

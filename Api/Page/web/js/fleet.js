// What is known of the fleet: hosts, containers, the incidents of the last hour. Views subscribe, and are told once a frame.

import { get, oneAtATime } from './api.js';
import { follow } from './feed.js';
import { outagesOf } from './outages.js';
import { inTrouble, state as stateOf } from './words.js';

export const MINUTE = 60000;
export const CELLS = 60;
/** Seconds between two points of the small charts. */
export const SAMPLE = 2;
const SAMPLES = 60;
/** Milliseconds after which a history that could not be read is asked again. */
const RETRY = 10000;

export const hosts = new Map();
export const containers = new Map();
export const connection = { kind: 'connecting', why: '', at: null };
/** Why there is no history; null while there is one, undefined until that is known. */
export let historyGone;

const incidents = new Map();
const listeners = new Set();
/** Counts what may change which rows there are, and their order; measurements alone do not. */
export let structure = 0;
let frame = 0;
let retry = 0;

export const keyOf = (host, id) => `${host}/${id}`;

/** Calls back once a frame after anything has changed. */
export function subscribe(listener) {
  listeners.add(listener);
  changed();
  return () => listeners.delete(listener);
}

export function changed() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const listener of listeners) listener();
  });
}

export const isStale = container => Boolean(container.view.staleSince) || connection.kind !== 'live';

/** State as it is shown: what an offline host said last is not what is. */
export const shownState = container => container.view.staleSince ? 'unknown' : container.view.health;

export const isInTrouble = container => inTrouble.includes(shownState(container));

/** Lower is worse. One with an incident that has not ended stays up while it proves itself. */
export const rank = container => {
  const own = stateOf(shownState(container)).rank;
  return own === stateOf('healthy').rank && container.open ? own - 1.5 : own;
};

export function find(host, name) {
  for (const container of containers.values()) {
    if (container.view.host === host && (container.view.name === name || container.view.id === name)) return container;
  }
  return null;
}

/** Incidents of the last hour, of one container or of its host, newest first. */
export function incidentsOf(container) {
  const own = container.incidents;
  const hostOwn = hosts.get(container.view.host)?.incidents ?? [];
  return hostOwn.length ? [...own, ...hostOwn].sort((a, b) => a.id < b.id ? 1 : -1) : own;
}

function kindOf(view) {
  if (view.staleSince) return 'unknown';
  if (view.health === 'healthy' || view.health === 'starting') return 'well';
  return view.health;
}

/** What it was at which time, since the page is open; before that, only the history knows. */
function mark(container, now) {
  const kind = kindOf(container.view);
  const last = container.marks.at(-1);
  if (last?.to === Infinity) {
    if (last.kind === kind) return;
    last.to = now;
  }
  const from = container.view.staleSince ? Date.parse(container.view.staleSince) : now;
  container.marks.push({ kind, from, to: Infinity, cause: inTrouble.includes(kind) && kind !== 'suspect' ? container.view.lastFault?.cause : null });
}

function take(view, now) {
  const key = keyOf(view.host, view.id);
  let container = containers.get(key);
  if (!container) {
    container = { key, view, revision: 0, incidents: [], open: false, marks: [], watched: [], loss: [], rtt: [], memory: [] };
    containers.set(key, container);
    adopt(container);
  }
  const { view: last } = container;
  if (last === view || last.health !== view.health || last.staleSince !== view.staleSince || last.details !== view.details || last.restarts !== view.restarts || last.name !== view.name) structure++;
  container.view = view;
  container.revision++;
  mark(container, now);
}

function takeHost({ containers: _, ...host }) {
  const known = hosts.get(host.address);
  hosts.set(host.address, known ? Object.assign(known, host) : { ...host, incidents: [], revision: 0 });
  hosts.get(host.address).revision++;
  structure++;
}

function adopt(container) {
  const { host, id } = container.view;
  container.incidents = [...incidents.values()].filter(one => one.host === host && one.containerId === id).sort((a, b) => a.id < b.id ? 1 : -1);
  container.open = container.incidents.some(one => one.outcome === 'open');
}

/** The page sees nothing any more: how containers are, nobody tells it. */
function lose(now) {
  for (const container of containers.values()) {
    const last = container.marks.at(-1);
    if (last?.to === Infinity) last.to = now;
    container.revision++;
  }
}

/** When the containers of a host were watched while the page was not there. */
function takeWatched(host, spans) {
  const of = Map.groupBy(spans, span => span.containerId);
  for (const container of containers.values()) {
    if (container.view.host !== host) continue;
    container.watched = (of.get(container.view.id) ?? []).map(({ from, to }) => ({ from: Date.parse(from), to: Date.parse(to) }));
    container.revision++;
  }
}

/** Takes in an incident, or a newer record of it. */
function takeIncident(incident) {
  if (incidents.get(incident.id)?.revision >= incident.revision) return;
  incidents.set(incident.id, incident);
  const owner = incident.containerId ? containers.get(keyOf(incident.host, incident.containerId)) : hosts.get(incident.host);
  if (!owner) return;
  owner.incidents = [incident, ...owner.incidents.filter(one => one.id !== incident.id)].sort((a, b) => a.id < b.id ? 1 : -1);
  owner.open = owner.incidents.some(one => one.outcome === 'open');
  owner.revision++;
  structure++;
}

/** An incident of the last hour as it is now; undefined where it is not one. */
export const incidentOf = id => incidents.get(id);

/** Id of the newest incident; empty while there is none. */
export const newestIncident = () => incidents.keys().reduce((newest, id) => id > newest ? id : newest, '');

/** As many incidents as make the bars of a large fleet on a bad day. */
async function loadIncidents() {
  const from = new Date(Date.now() - CELLS * MINUTE).toISOString();
  let before = '';
  for (let page = 0; page < 8; page++) {
    const found = await get(`incidents?from=${encodeURIComponent(from)}&limit=500${before && '&before=' + before}`);
    found.incidents.forEach(takeIncident);
    if (!found.next) return;
    before = encodeURIComponent(found.next);
  }
}

const loadWatched = async host => takeWatched(host, (await get(`hosts/${encodeURIComponent(host)}/watched`)).watched);

const loadHistory = oneAtATime(async () => {
  clearTimeout(retry);
  const parts = await Promise.allSettled([loadIncidents(), ...[...hosts.keys()].map(loadWatched)]);
  // A host that is gone by now has no history, and needs none.
  const failed = parts.find(({ reason }) => reason && reason.status !== 404);
  historyGone = failed ? failed.reason.message : null;
  if (failed) retry = setTimeout(loadHistory, RETRY);
  changed();
});

const handlers = {
  snapshot({ hosts: all }, now) {
    const keys = new Set();
    for (const host of all) {
      takeHost(host);
      for (const view of host.containers) {
        take(view, now);
        keys.add(keyOf(view.host, view.id));
      }
    }
    const addresses = new Set(all.map(host => host.address));
    for (const address of hosts.keys()) if (!addresses.has(address)) hosts.delete(address);
    for (const key of containers.keys()) if (!keys.has(key)) containers.delete(key);
    structure++;
    loadHistory();
  },
  delta({ hosts: some, changed: views, removed }, now) {
    some.forEach(takeHost);
    for (const view of views) take(view, now);
    for (const { host, id } of removed) {
      containers.delete(keyOf(host, id));
      structure++;
    }
  },
  incident: takeIncident,
  // A snapshot follows both, as soon as there is one.
  gap() {
    Object.assign(connection, { kind: 'lost', why: 'Something was missed; it is being fetched.' });
  },
  silent({ reason }, now) {
    Object.assign(connection, { kind: 'silent', why: reason });
    lose(now);
  },
};

/** What is known of the last hour, per minute: what went wrong last in it, and in which incidents; unseen where nobody watched the container. */
export function cellsOf(container, now = Date.now()) {
  const end = Math.floor(now / MINUTE) + 1;
  const cells = Array.from({ length: CELLS }, (_, i) => ({ at: (end - CELLS + i) * MINUTE, kind: 'unseen', incidents: [] }));
  const each = (from, to, put) => {
    const first = Math.max(0, Math.floor(from / MINUTE) - end + CELLS);
    const last = Math.min(CELLS - 1, Math.floor(Math.min(to, now) / MINUTE) - end + CELLS);
    for (let i = first; i <= last; i++) put(cells[i]);
  };
  const seen = [...container.watched, ...container.marks.filter(({ kind }) => kind === 'well')];
  for (const { from, to } of seen) each(from, to, cell => { cell.kind = 'well'; });
  for (const { kind, from, to, cause } of container.marks) {
    if (kind !== 'well') each(from, to, cell => { cell.kind = cause ?? kind; });
  }
  // What it did itself says more than what its host did in the same minute.
  for (const incident of incidentsOf(container).toReversed().sort((a, b) => Boolean(a.containerId) - Boolean(b.containerId))) {
    for (const { from, to, cause } of outagesOf(incident, container.view)) {
      each(from, to, cell => {
        cell.kind = cause;
        if (!cell.incidents.includes(incident)) cell.incidents.push(incident);
      });
    }
  }
  return cells;
}

function sample() {
  if (connection.kind !== 'live') return;
  for (const container of containers.values()) {
    const { view } = container;
    for (const [values, value] of [[container.loss, view.packetLoss], [container.rtt, view.rtt], [container.memory, view.memory]]) {
      values.push(view.staleSince ? null : value);
      if (values.length > SAMPLES) values.shift();
    }
  }
  changed();
}

function forget() {
  const limit = Date.now() - (CELLS + 5) * MINUTE;
  // One that was given up has ended, and the container may be down all the same.
  const isOld = incident => incident.outages?.at(-1)?.to !== null && incident.endedAt && Date.parse(incident.endedAt) < limit;
  for (const incident of incidents.values()) if (isOld(incident)) incidents.delete(incident.id);
  for (const owner of [...containers.values(), ...hosts.values()]) {
    if (owner.incidents.some(isOld)) owner.incidents = owner.incidents.filter(incident => !isOld(incident));
  }
  for (const container of containers.values()) container.marks = container.marks.filter(({ to }) => to > limit);
  changed();
}

export function start() {
  follow({
    event(name, data) {
      const now = Date.now();
      handlers[name]?.(data, now);
      if (name === 'snapshot') Object.assign(connection, { kind: 'live', why: '' });
      if (connection.kind === 'live') connection.at = now;
      changed();
    },
    state(kind, why) {
      Object.assign(connection, { kind, why });
      const now = Date.now();
      if (kind !== 'live') {
        lose(now);
      } else {
        for (const container of containers.values()) mark(container, now);
        loadHistory();
      }
      changed();
    },
  });
  setInterval(sample, SAMPLE * 1000);
  setInterval(forget, MINUTE);
}

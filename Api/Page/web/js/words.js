// What the API's values are called. Times are UTC, as in the sentences about the containers.

export const states = {
  quarantined: { word: 'given up', tone: 'bad', rank: 0, tells: 'too many recoveries failed: somebody has to look' },
  backingOff: { word: 'backing off', tone: 'bad', rank: 1, tells: 'failed again soon, the next attempt waits' },
  restarting: { word: 'restarting', tone: 'busy', rank: 2, tells: 'being started, restarted or connected again now' },
  suspect: { word: 'suspect', tone: 'warn', rank: 3, tells: 'evidence against it, being confirmed' },
  starting: { word: 'starting', tone: 'busy', rank: 4, tells: 'runs, not judged yet' },
  unknown: { word: 'not known', tone: 'calm', rank: 5, tells: 'not judged, or as it was when its host was last heard' },
  healthy: { word: 'healthy', tone: 'good', rank: 6, tells: 'runs and answers' },
  ignored: { word: 'ignored', tone: 'calm', rank: 7, tells: 'not under supervision' },
  gone: { word: 'removed', tone: 'calm', rank: 8, tells: 'removed from the engine' },
};

export const inTrouble = ['quarantined', 'backingOff', 'restarting', 'suspect'];

export const causes = {
  startRefused: 'could not be started',
  outOfMemory: 'ran out of memory',
  died: 'died by itself',
  stopped: 'was stopped',
  unhealthy: 'was unhealthy',
  packetLoss: 'lost packets',
  disconnected: 'was taken off its network',
  engineSilent: 'engine did not answer',
  hostOffline: 'host was offline',
};

export const outcomes = {
  open: 'open', recovered: 'recovered', quarantined: 'given up', ignored: 'taken out of supervision', removed: 'removed meanwhile',
};

export const attacks = {
  stop: 'stopped', kill: 'killed', memory: 'memory filled', loss: 'packets dropped', pause: 'paused', freeze: 'frozen',
  disconnect: 'off the network', delay: 'packets late', killSilo: 'node killed', killEngine: 'engine killed', cutHost: 'host cut off',
};

export const actions = { start: 'Start', restart: 'Restart', connect: 'Connection' };

/** A word for what no list here has yet. */
export const plain = text => text.replace(/([A-Z])/g, ' $1').toLowerCase();

export const cause = name => causes[name] ?? plain(name);

export const outcome = name => outcomes[name] ?? plain(name);

export const attack = name => attacks[name] ?? plain(name);

export const state = name => states[name] ?? { word: plain(name), tone: 'calm', rank: 5, tells: '' };

export const sentence = text => text && text[0].toUpperCase() + text.slice(1);

export const count = (number, one, many = one + 's') => `${number} ${number === 1 ? one : many}`;

/** Hour of the day, and the day where it is not today. */
export function time(text) {
  if (!text) return '';
  const [day, hour] = new Date(text).toISOString().slice(0, 19).split('T');
  return `${new Date().toISOString().startsWith(day) ? '' : day + ' '}${hour} UTC`;
}

/** Hour and minute of the day. */
export const hour = milliseconds => new Date(milliseconds).toISOString().slice(11, 16);

export function ago(text, now = Date.now()) {
  const seconds = Math.max(0, (now - Date.parse(text)) / 1000);
  if (seconds < 5) return 'just now';
  return `${seconds < 60 ? `${Math.round(seconds)} s` : span(seconds)} ago`;
}

/** A length of time in the largest unit that says enough. */
export function span(seconds) {
  if (seconds == null) return '';
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** Hosts tell of no smaller changes: more digits would be those of an hour ago. */
const atLeastOne = (amount, unit) => `${amount < 1 ? '< 1' : Math.round(amount)} ${unit}`;

export const loss = percent => percent == null ? '' : `${Math.round(percent)} %`;

export const rtt = ms => ms == null ? '' : atLeastOne(ms, 'ms');

export function memory(bytes) {
  if (bytes == null) return '';
  const mebi = bytes / 1048576;
  return mebi >= 1024 ? `${(mebi / 1024).toFixed(1)} GiB` : atLeastOne(mebi, 'MiB');
}

/** Rounded down, so that 100 % means that nothing was missing. */
export function percent(value) {
  if (value == null) return 'not known';
  if (value >= 100) return '100 %';
  const digits = value >= 99 ? 3 : 1;
  return `${(Math.floor(value * 10 ** digits) / 10 ** digits).toFixed(digits)} %`;
}

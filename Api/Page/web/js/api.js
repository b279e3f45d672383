// Calls of the API, with the visitor's own login: the browser adds the session's cookie.

/** What the API answered instead of what was asked for; the message is the problem's own words. */
export class Problem extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export function signIn() {
  location.assign('signin?returnUrl=' + encodeURIComponent(location.pathname + location.search + location.hash));
}

/** Reads why a request was not granted. */
export async function problemOf(reply) {
  const body = await reply.json().catch(() => null);
  return new Problem(body?.detail ?? `The node answered with status ${reply.status}.`, reply.status);
}

async function call(method, path, body, timeout) {
  let reply;
  try {
    reply = await fetch(path, {
      method,
      headers: body === undefined ? { Accept: 'application/json' } : { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Problem('The node does not answer.', 0);
  }
  if (reply.status === 401) signIn();
  if (!reply.ok) throw await problemOf(reply);
  const unsaved = reply.headers.get('Hms-Unsaved');
  return { value: await reply.json().catch(() => null), unsaved };
}

export const get = async path => (await call('GET', path, undefined, 10000)).value;

/** Changes something; a restart may take as long as a container may take to stop. */
export const send = (method, path, body) => call(method, path, body, 30000);

export const containerPath = (host, name) => `containers/${encodeURIComponent(host)}/${encodeURIComponent(name)}`;

/** Makes a call that runs once at a time: whoever asks for it meanwhile has it run once more afterwards. */
export function oneAtATime(run) {
  let isRunning = false, again = false;
  return async function ask() {
    again = isRunning;
    if (isRunning) return;
    isRunning = true;
    await run();
    isRunning = false;
    if (again) ask();
  };
}

// When something was down, and what had gone wrong at that time.

/** What had gone wrong in an incident, and from when on, in order. What an attempt was made for happened after the attempt before it. */
function faultsOf({ cause, attempts = [], endedAt }, lastFault) {
  const faults = [{ from: -Infinity, cause }];
  attempts.forEach((attempt, i) => {
    if (i > 0) faults.push({ from: Date.parse(attempts[i - 1].endedAt ?? attempt.at), cause: attempt.cause });
  });
  // One that was given up: nothing is tried against its last fault.
  const last = attempts.at(-1);
  const at = Date.parse(lastFault?.at);
  if (last && at > Date.parse(last.at) && !(at > Date.parse(endedAt))) faults.push({ from: Date.parse(last.endedAt ?? lastFault.at), cause: lastFault.cause });
  return faults;
}

/** When it was down. One that was given up stays down until somebody has looked. */
function spansOf(incident, view) {
  if (incident.outages?.length) return incident.outages;
  const isDown = incident.outcome === 'quarantined' && view?.health === 'quarantined';
  return [{ from: incident.downSince ?? incident.faultAt, to: isDown ? null : incident.runningAgainAt ?? incident.endedAt }];
}

/**
 * When something was down, each time with its cause, in order.
 * @param view The container as it is now: it knows the last fault.
 */
export function outagesOf(incident, view) {
  const faults = faultsOf(incident, incident.containerId && incident.containerId === view?.id ? view.lastFault : null);
  return spansOf(incident, view).flatMap(({ from, to }) => {
    const [begin, end] = [Date.parse(from), to ? Date.parse(to) : Infinity];
    return faults
      .map((fault, i) => ({ cause: fault.cause, from: Math.max(begin, fault.from), to: Math.min(end, faults[i + 1]?.from ?? Infinity) }))
      .filter(part => part.from <= part.to);
  });
}

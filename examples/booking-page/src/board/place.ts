/** What the board shows: kept in the address, so that a reload or a colleague with the link sees the same. */

export interface Place {
  /** "2026-11-30". Absent: today. */
  readonly day?: string | undefined;
  /** Id of the location. Empty: all. Absent: the largest one. */
  readonly branch?: string | undefined;
  readonly topic?: string | undefined;
  readonly type?: string | undefined;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

export function placeInAddress(): Place {
  const given = new URLSearchParams(location.search);
  const value = (name: string): string | undefined => given.get(name) ?? undefined;
  const day = value("day");
  return {
    day: day && DAY.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined,
    branch: value("branch"),
    topic: value("topic"),
    type: value("type"),
  };
}

export function keepInAddress(place: Place): void {
  const kept = Object.entries(place).filter((entry): entry is [string, string] => entry[1] !== undefined);
  history.replaceState(null, "", `?${new URLSearchParams(kept)}`);
}

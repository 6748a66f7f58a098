/** Where the visitor is. Kept in the tab, so that a reload continues there, also in the middle of a reservation. */

import type { Offer, SavedHold } from "@bookme/client";
import type { Wanted } from "./offers.ts";

/** A reservation that was sent, and whose outcome is perhaps not known. */
export interface Attempt {
  readonly token: string;
  readonly offer: Offer;
  readonly wanted: Wanted;
}

export type Place =
  | { readonly step: "topics" }
  | { readonly step: "times"; readonly wanted: Wanted }
  | { readonly step: "reserving"; readonly attempt: Attempt }
  | { readonly step: "hold"; readonly hold: SavedHold; readonly offer: Offer; readonly wanted: Wanted }
  | { readonly step: "meeting"; readonly id: string; readonly isMoved?: boolean };

const KEY = "bookme-place";

export function savedPlace(): Place {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "") as Place;
  } catch {
    return { step: "topics" };
  }
}

export function savePlace(place: Place): void {
  sessionStorage.setItem(KEY, JSON.stringify(place));
}

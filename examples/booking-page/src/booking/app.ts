/** What all steps share: the connection, the lists of the organisation, and the way from step to step. */

import { ApiError, type BookMe, type components, NoAnswer, unwrap } from "@bookme/client";
import type { Connection } from "../shared/api.ts";
import { type Dates, datesIn } from "../shared/dates.ts";
import { currentLanguage } from "../shared/language.ts";
import type { Place } from "./place.ts";
import { texts } from "./texts.ts";

type Schemas = components["schemas"];

/** Milliseconds between two attempts of `untilAnswered`. The client itself repeats for 30 seconds in each. */
const PAUSE = 1_000;

export interface Organisation {
  readonly topics: readonly Schemas["Topic"][];
  readonly customerTypes: readonly Schemas["CustomerType"][];
  readonly employees: readonly Schemas["Employee"][];
  readonly rooms: readonly Schemas["Room"][];
  /** Dates in the organisation's time zone. */
  readonly dates: Dates;
}

/** A step on the screen. */
export interface Step {
  readonly element: HTMLElement;
  /** Gets the focus when the step begins. */
  readonly heading: HTMLElement;
  /** Stops what the step does in the background. */
  end?(): void;
}

export interface App {
  readonly connection: Connection;
  readonly organisation: Organisation;
  /** Show another step. */
  go(place: Place): void;
  /** Continue here after a reload, without showing anything else now. */
  keep(place: Place): void;
  /** Let screen readers say this. */
  say(text: string): void;
}

/** Read the lists that every step needs. */
export async function readOrganisation({ bookme }: Connection): Promise<Organisation> {
  const [topics, customerTypes, employees, rooms, zone] = await Promise.all([
    bookme.topics({ isCustomer: true }).all(),
    bookme.customerTypes().all(),
    bookme.employees().all(),
    bookme.rooms().all(),
    readZone(bookme),
  ]);
  return { topics, customerTypes, employees, rooms, dates: datesIn(zone, currentLanguage()) };
}

/** The answer to each compact search names the zone, so a short search is enough. */
async function readZone(bookme: BookMe): Promise<string> {
  const query = { requireEmployeeParticipation: false, lookForwardTime: "PT1H" };
  return unwrap(await bookme.api.GET("/bookme/time-slots/available/compact", { params: { query } })).timeZone;
}

/**
 * Do the work again and again until BookMe answers. It recognises the repeat of a reservation by its token, and that of
 * a meeting, a move or a cancellation by its content: so the work is done once, however many answers are lost.
 */
export async function untilAnswered<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** "Monday 30 November, 09:00–10:00" */
export function whenOf(dates: Dates, { startDate, endDate }: { startDate: string; endDate: string }): string {
  const start = new Date(startDate);
  return `${capital(dates.longDay(dates.dayOf(start)))}, ${dates.span(start, new Date(endDate))}`;
}

/** Say what went wrong: in BookMe's own words, which are in the visitor's language. */
export function explain(error: unknown): string {
  if (error instanceof ApiError) return error.problem.message ?? texts.failed;
  console.error(error);
  return texts.failed;
}

/** Begin the text with a capital letter: Danish days have none. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

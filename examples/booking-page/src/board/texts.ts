/** Texts of the staff board. */

import { type Texts, textsOf } from "../shared/language.ts";

const english = {
  title: "Staff board",
  brand: "Nordhavn Bank",
  language: "Language",
  booking: "Booking page",
  loading: "Loading …",

  previous: "Previous day",
  next: "Next day",
  today: "Today",
  branch: "Branch",
  everywhere: "All branches",
  topic: "Topic",
  anyTopic: "Any topic",
  type: "Meeting type",
  anyType: "Any type",
  types: { online: "Online", telephone: "Telephone", physical: "At a branch", offsite: "At the customer" },

  live: "Live",
  lost: "No connection: this is the last known state.",
  failed: "The board cannot be read.",
  closed: "Closed",
  atWork: (count: number) => `${count} at work`,
  meetings: (count: number) => `${count} ${count === 1 ? "meeting" : "meetings"}`,
  holds: (count: number) => `${count} ${count === 1 ? "hold" : "holds"}`,
  bookable: (count: number) => `${count} ${count === 1 ? "free start" : "free starts"}`,
  nobody: "No employee belongs to this branch.",
  board: "The day. Arrow keys move between times and employees, Enter shows details.",

  legend: "Legend",
  meeting: "Meeting",
  hold: "Hold",
  booked: "Booked",
  busy: "Busy",
  offered: "Free start",
  off: "Not at work",
  preparation: "Preparation",
  followUp: "Follow-up",
  travel: "Travel",
  extraOpen: "Extra open",
  elsewhere: "Works elsewhere",
  left: (time: string) => `${time} left`,

  free: (time: string) => `${time}, can be booked`,
  notOffered: (time: string) => `${time}, not offered: why?`,

  details: "Details",
  close: "Close",
  when: "Time",
  who: "Employee",
  others: "Also takes part",
  how: "Type",
  room: "Room",
  customer: "Customer",
  client: "Client",
  bookedBy: "Booked by",
  by: { customer: "the customer", employee: "an employee" },
  description: "Description",
  video: "Video link",
  created: "Created",
  changed: "Changed",
  timeLeft: "Time left",
  extended: "the hold was extended",
  holdExplained: "A customer holds this time. It is free again when the time is over.",
  bookedExplained:
    "The time is booked, and the meeting is not created yet. Without it the time is free again when the time is over.",
  busyExplained: "Entered by staff, or read from a calendar.",
  openExplained: "More time for meetings, online and by telephone.",
  elsewhereExplained: "No meetings at the branch at this time.",
  ended: "This is no longer on the board.",

  asking: "Asking why …",
  why: (when: string) => `Why is ${when} not offered?`,
  canBook: (when: string) => `${when} can be booked`,
  canBookText: "All rules allow this time.",
  forTopic: (topic: string) => `For the topic “${topic}”.`,
  fromTo: (from: string, to: string) => `from ${from} to ${to}`,
  overridable: "Staff can book it nevertheless.",

  rules: {
    IN_THE_PAST: () => "It starts in the past.",
    TOO_FAR_AHEAD: ({ until }) => (until ? `Meetings can be booked until ${until}.` : "It is too far ahead."),
    IMPOSSIBLE_DURATION: () => "A meeting cannot have this length.",
    OFF_GRID: () => "Meetings do not start at this time of day.",
    NOT_BOOKABLE: ({ name }) => `${name} cannot be booked, or only when asked for by name.`,
    NOT_QUALIFIED: ({ name }) => `${name} does not take this topic.`,
    OUTSIDE_WORKING_HOURS: ({ name, hours, breaks }) =>
      hours
        ? `${name} works ${hours} on this day${breaks ? `, with a break ${breaks}` : ""}.`
        : `${name} does not work on this day.`,
    MEETING_TYPE_NOT_OFFERED: ({ name }) => `${name} does not take meetings of this type at this time.`,
    NOT_AT_LOCATION: ({ name }) => `${name} is not at this branch at this time.`,
    WORKING_FROM_ELSEWHERE: ({ name }) => `${name} works elsewhere at this time, and takes no meetings at the branch.`,
    NOT_SERVED: ({ name }) => `${name} does not take this through the service group.`,
    CLOSED: () => "The organisation is closed on this day.",
    OUTSIDE_OPENING_HOURS: ({ hours }) =>
      hours ? `The opening hours are ${hours}.` : "It is not within the opening hours.",
    TOO_SOON: ({ name, from }) =>
      from
        ? `It is too soon: customers can book ${name} from ${from} on.`
        : `It is too soon: customers must give more notice.`,
    DAILY_CAP_REACHED: ({ name, used, cap, wanted }) =>
      `${name} may have ${cap} of meetings a day. ${used} are taken, and this meeting takes ${wanted}.`,
    ROOM_REQUIRED: () => "A meeting at the branch needs a room.",
    ROOM_NOT_BOOKABLE: () => "The room cannot be booked.",
    EMPLOYEE_TAKEN: ({ name, heldUntil }) =>
      heldUntil ? `${name} is held for a customer until ${heldUntil}.` : `${name} is taken for a part of this time.`,
    WITHIN_BUFFER: ({ name, minutes }) => `${name} needs ${minutes} minutes between two meetings.`,
    ROOM_TAKEN: ({ heldUntil }) =>
      heldUntil ? `Every room is taken. One is held until ${heldUntil}.` : "Every room is taken at this time.",
  } satisfies Record<string, (facts: Facts) => string>,
};

/** Facts of a rule, written in the language and the time zone of the board. */
export interface Facts {
  readonly name: string;
  readonly hours?: string | undefined;
  readonly breaks?: string | undefined;
  readonly until?: string | undefined;
  readonly from?: string | undefined;
  readonly heldUntil?: string | undefined;
  readonly used?: string | undefined;
  readonly cap?: string | undefined;
  readonly wanted?: string | undefined;
  readonly minutes?: number | undefined;
}

const danish: typeof english = {
  title: "Medarbejdertavle",
  brand: "Nordhavn Bank",
  language: "Sprog",
  booking: "Bookingside",
  loading: "Henter …",

  previous: "Forrige dag",
  next: "Næste dag",
  today: "I dag",
  branch: "Filial",
  everywhere: "Alle filialer",
  topic: "Emne",
  anyTopic: "Alle emner",
  type: "Mødetype",
  anyType: "Alle typer",
  types: { online: "Online", telephone: "Telefon", physical: "I filialen", offsite: "Hos kunden" },

  live: "Live",
  lost: "Ingen forbindelse: dette er det senest kendte.",
  failed: "Tavlen kan ikke hentes.",
  closed: "Lukket",
  atWork: (count) => `${count} på arbejde`,
  meetings: (count) => `${count} ${count === 1 ? "møde" : "møder"}`,
  holds: (count) => `${count} ${count === 1 ? "reservation" : "reservationer"}`,
  bookable: (count) => `${count} ${count === 1 ? "ledig start" : "ledige starttider"}`,
  nobody: "Ingen medarbejdere hører til filialen.",
  board: "Dagen. Piletasterne går mellem tider og medarbejdere, Enter viser detaljer.",

  legend: "Forklaring",
  meeting: "Møde",
  hold: "Reserveret",
  booked: "Booket",
  busy: "Optaget",
  offered: "Ledig start",
  off: "Ikke på arbejde",
  preparation: "Forberedelse",
  followUp: "Efterbehandling",
  travel: "Rejsetid",
  extraOpen: "Ekstra åbent",
  elsewhere: "Arbejder et andet sted",
  left: (time) => `${time} tilbage`,

  free: (time) => `${time}, kan bookes`,
  notOffered: (time) => `${time}, tilbydes ikke: hvorfor?`,

  details: "Detaljer",
  close: "Luk",
  when: "Tid",
  who: "Medarbejder",
  others: "Deltager også",
  how: "Type",
  room: "Lokale",
  customer: "Kunde",
  client: "Klient",
  bookedBy: "Booket af",
  by: { customer: "kunden", employee: "en medarbejder" },
  description: "Beskrivelse",
  video: "Videolink",
  created: "Oprettet",
  changed: "Ændret",
  timeLeft: "Tid tilbage",
  extended: "reservationen er forlænget",
  holdExplained: "En kunde har reserveret tiden. Den bliver ledig igen, når fristen er udløbet.",
  bookedExplained:
    "Tiden er booket, og mødet er endnu ikke oprettet. Ellers bliver tiden ledig igen, når fristen er udløbet.",
  busyExplained: "Indtastet af personalet eller læst fra en kalender.",
  openExplained: "Mere tid til møder, online og på telefon.",
  elsewhereExplained: "Ingen møder i filialen i dette tidsrum.",
  ended: "Dette er ikke længere på tavlen.",

  asking: "Spørger hvorfor …",
  why: (when) => `Hvorfor tilbydes ${when} ikke?`,
  canBook: (when) => `${when} kan bookes`,
  canBookText: "Alle regler tillader tiden.",
  forTopic: (topic) => `For emnet »${topic}«.`,
  fromTo: (from, to) => `fra ${from} til ${to}`,
  overridable: "Personalet kan booke tiden alligevel.",

  rules: {
    IN_THE_PAST: () => "Tiden begynder i fortiden.",
    TOO_FAR_AHEAD: ({ until }) =>
      until ? `Møder kan bookes til og med ${until}.` : "Det er for langt ude i fremtiden.",
    IMPOSSIBLE_DURATION: () => "Et møde kan ikke have denne længde.",
    OFF_GRID: () => "Møder begynder ikke på dette tidspunkt.",
    NOT_BOOKABLE: ({ name }) => `${name} kan ikke bookes, eller kun når kunden beder om det.`,
    NOT_QUALIFIED: ({ name }) => `${name} tager ikke dette emne.`,
    OUTSIDE_WORKING_HOURS: ({ name, hours, breaks }) =>
      hours
        ? `${name} arbejder ${hours} denne dag${breaks ? `, med pause ${breaks}` : ""}.`
        : `${name} arbejder ikke denne dag.`,
    MEETING_TYPE_NOT_OFFERED: ({ name }) => `${name} tager ikke møder af denne type på det tidspunkt.`,
    NOT_AT_LOCATION: ({ name }) => `${name} er ikke i denne filial på det tidspunkt.`,
    WORKING_FROM_ELSEWHERE: ({ name }) => `${name} arbejder et andet sted og tager ingen møder i filialen.`,
    NOT_SERVED: ({ name }) => `${name} tager ikke dette gennem servicegruppen.`,
    CLOSED: () => "Der er lukket denne dag.",
    OUTSIDE_OPENING_HOURS: ({ hours }) => (hours ? `Åbningstiden er ${hours}.` : "Det er uden for åbningstiden."),
    TOO_SOON: ({ name, from }) =>
      from
        ? `Det er for tidligt: kunder kan booke ${name} fra ${from}.`
        : "Det er for tidligt: kunder skal give længere varsel.",
    DAILY_CAP_REACHED: ({ name, used, cap, wanted }) =>
      `${name} må have ${cap} møder om dagen. ${used} er taget, og mødet tager ${wanted}.`,
    ROOM_REQUIRED: () => "Et møde i filialen kræver et lokale.",
    ROOM_NOT_BOOKABLE: () => "Lokalet kan ikke bookes.",
    EMPLOYEE_TAKEN: ({ name, heldUntil }) =>
      heldUntil ? `${name} er reserveret til en kunde indtil ${heldUntil}.` : `${name} er optaget i en del af tiden.`,
    WITHIN_BUFFER: ({ name, minutes }) => `${name} skal have ${minutes} minutter mellem to møder.`,
    ROOM_TAKEN: ({ heldUntil }) =>
      heldUntil ? `Alle lokaler er optaget. Et er reserveret indtil ${heldUntil}.` : "Alle lokaler er optaget.",
  },
};

const all: Texts<typeof english> = { en: english, da: danish };
export const texts = textsOf(all);

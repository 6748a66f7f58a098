import type { Api, RequestOptions } from "./api.js";
import { unwrap } from "./errors.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];
export type MeetingData = Schemas["Meeting"];

/** Members of a meeting that can be changed. `null` removes a value. */
export type MeetingChanges = {
  [Member in "title" | "description" | "videoLink" | "salesforceId" | "roomId"]?: string | null | undefined;
} & { type?: Schemas["MeetingType"]; additionalEmployees?: string[] };

/** The new time, employee and room of a meeting, for example an answer of `search`. Members that are left out stay. */
export type NewTime = Schemas["MoveMeeting"];

export interface ChangeOptions extends RequestOptions {
  /** Refuse the change with `MEETING_CHANGED` if somebody has changed the meeting since `data` was read. */
  onlyIfUnchanged?: boolean | undefined;
}

/** A meeting. Its time slot is permanent. */
export class Meeting {
  readonly #api: Api;
  #data: MeetingData;

  /** Use `hold.createMeeting` or `bookme.meeting`. */
  constructor(api: Api, data: unknown) {
    this.#api = api;
    this.#data = data as MeetingData;
  }

  get id(): string {
    return this.#data.id;
  }

  get start(): Date {
    return new Date(this.#data.startDate);
  }

  get end(): Date {
    return new Date(this.#data.endDate);
  }

  /** The meeting as BookMe last answered it. */
  get data(): MeetingData {
    return this.#data;
  }

  /** Change texts, people or the room. */
  async change(changes: MeetingChanges, options: ChangeOptions = {}): Promise<this> {
    const wanted = Object.entries(changes).filter(([, value]) => value !== undefined);
    const body = wanted.map(([name, value]) => ({ op: "replace" as const, path: `/${name}`, value }));
    const answer = await this.#api.PATCH("/bookme/meetings/{id}", { ...this.#request(options), body });
    return this.#update(unwrap(answer));
  }

  /** Move the meeting to another time, employee or room. It keeps its id and its calendar entry. */
  async move(to: NewTime, options: ChangeOptions = {}): Promise<this> {
    const { startDate, endDate, employeeId, roomId, serviceGroup } = to;
    const body = { startDate, endDate, employeeId, roomId, serviceGroup };
    const answer = await this.#api.POST("/bookme/meetings/{id}/move", { ...this.#request(options), body });
    return this.#update(unwrap(answer));
  }

  /** Cancel the meeting. Its time is offered again at once. */
  async cancel(reason?: string, options: ChangeOptions = {}): Promise<Schemas["CancelledMeeting"]> {
    const { params, signal } = this.#request(options);
    const query = reason === undefined ? {} : { reason };
    return unwrap(await this.#api.DELETE("/bookme/meetings/{id}", { params: { ...params, query }, signal }));
  }

  /** Return the calendar file (iCalendar). For a cancelled meeting, it removes the entry from the calendar. */
  async ics(texts: Schemas["MeetingICalRequest"] = {}, { signal }: RequestOptions = {}): Promise<string> {
    const answer = await this.#api.POST("/bookme/meetings/{id}/ical", {
      params: { path: { id: this.id } },
      headers: { Accept: "text/calendar" },
      body: texts,
      parseAs: "text",
      signal: signal ?? null,
    });
    return unwrap(answer);
  }

  /** Read the meeting again. */
  async refresh({ signal }: RequestOptions = {}): Promise<this> {
    const params = { path: { id: this.id } };
    return this.#update(unwrap(await this.#api.GET("/bookme/meetings/{id}", { params, signal: signal ?? null })));
  }

  #request({ signal, onlyIfUnchanged = false }: ChangeOptions) {
    const header = onlyIfUnchanged ? { "If-Match": `"${this.#data.sequence}"` } : {};
    return { params: { path: { id: this.id }, header }, signal: signal ?? null };
  }

  #update(data: unknown): this {
    this.#data = data as MeetingData;
    return this;
  }
}

/** Read a meeting. */
export async function readMeeting(api: Api, id: string, { signal }: RequestOptions): Promise<Meeting> {
  const params = { path: { id } };
  return new Meeting(api, unwrap(await api.GET("/bookme/meetings/{id}", { params, signal: signal ?? null })));
}

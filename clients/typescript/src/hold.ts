/// <reference lib="esnext.disposable" preserve="true" />
import type { Api, RequestOptions } from "./api.js";
import { ApiError, NoAnswer, unwrap } from "./errors.js";
import { Meeting } from "./meeting.js";
import type { components } from "./schema.js";

type Schemas = components["schemas"];
export type TimeSlot = Schemas["TimeSlot"];

/** A time that can be held: an answer of `search`, or one of the `nextTimeSlots` of `TIME_SLOT_TAKEN`. */
export type Offer = Pick<Schemas["AvailableTimeslot"], "startDate" | "endDate"> &
  Partial<Omit<Schemas["AvailableTimeslot"], "startDate" | "endDate">>;

/** Facts about the meeting that are known when its time is held. `createMeeting` uses them too. */
export interface Plan {
  /** The kind of meeting. Without it, as in the offer. */
  type?: Schemas["MeetingType"] | undefined;
  /** Without it, the topic of the search. */
  topicId?: string | undefined;
  customerTypeId?: string | undefined;
  /** Your own name for the customer. */
  customerId?: string | undefined;
}

export interface HoldOptions extends Plan, RequestOptions {
  /** Names the booking. A repeat with the same token and time gets the same hold. Random if absent. */
  token?: string | undefined;
  additionalEmployees?: string[] | undefined;
  /** The person who books, if you book for many people: BookMe then limits the holds of each. */
  endUser?: string | undefined;
}

/** The content of the meeting. Members of the hold's `Plan` can be left out. */
export type MeetingDetails = Plan &
  Partial<
    Pick<
      Schemas["CreateMeetingRequest"],
      "title" | "description" | "roomId" | "bookedBy" | "additionalEmployees" | "salesforceId"
    >
  >;

/** A hold as JSON, to continue the booking in another process with `resumeHold`. */
export interface SavedHold {
  readonly token: string;
  readonly timeSlotId: string;
  readonly plan: Plan;
}

/**
 * A time slot that BookMe keeps for you until `expiresAt`. Confirm it and create its meeting, or release it.
 *
 * `await using hold = …` releases the time slot at the end of the block, unless it is confirmed.
 */
export class Hold implements AsyncDisposable {
  readonly token: string;
  readonly #api: Api;
  readonly #plan: Plan;
  #timeSlot: TimeSlot;
  /** The deadline, in the time of `performance.now()`. */
  #deadline: number;
  #isOver = false;

  /** Use `bookme.hold` or `bookme.resumeHold`. */
  constructor(api: Api, token: string, plan: Plan, timeSlot: TimeSlot, response: Response) {
    this.#api = api;
    this.token = token;
    this.#plan = plan;
    this.#timeSlot = timeSlot;
    this.#deadline = deadlineOf(timeSlot, response);
  }

  get id(): string {
    return this.#timeSlot.id;
  }

  get start(): Date {
    return new Date(this.#timeSlot.startDate);
  }

  get end(): Date {
    return new Date(this.#timeSlot.endDate);
  }

  /** The time slot as BookMe last answered it. */
  get timeSlot(): TimeSlot {
    return this.#timeSlot;
  }

  get isConfirmed(): boolean {
    return this.#timeSlot.status === "Booked";
  }

  /** By the server's clock. Undefined when there is no deadline any more. */
  get expiresAt(): Date | undefined {
    const { holdExpiresAt } = this.#timeSlot;
    return holdExpiresAt === undefined ? undefined : new Date(holdExpiresAt);
  }

  /**
   * Milliseconds until the hold expires; 0 when it is over. Counted from the server's clock in its last answer, so that
   * a wrong clock of this machine does not matter. Exact to about two seconds.
   */
  get timeLeft(): number {
    return this.#isOver ? 0 : Math.max(0, this.#deadline - performance.now());
  }

  /** Mark the time slot `Booked`: BookMe keeps it for its meeting, until a later `expiresAt`. */
  async confirm({ signal }: RequestOptions = {}): Promise<this> {
    const answer = await this.#api.PATCH("/bookme/time-slots/{id}", {
      params: { path: { id: this.id }, query: { reservationToken: this.token } },
      body: [{ op: "replace", path: "/status", value: "Booked" }],
      signal: signal ?? null,
    });
    return this.#update(unwrap(answer), answer.response);
  }

  /** Hold the time slot longer, once, if the operator of BookMe allows it. `timeLeft` says how long. */
  async extend({ signal }: RequestOptions = {}): Promise<this> {
    const params = { path: { id: this.id } };
    const answer = await this.#api.POST("/bookme/time-slots/{id}/extend", { params, signal: signal ?? null });
    return this.#update(unwrap(answer), answer.response);
  }

  /** Create the meeting in this time slot, and confirm the hold first if that has not happened. */
  async createMeeting(details: MeetingDetails = {}, { signal }: RequestOptions = {}): Promise<Meeting> {
    const body = this.#content(details);
    if (!this.isConfirmed) await this.confirm({ signal });
    const answer = await this.#api.POST("/bookme/meetings", { body, signal: signal ?? null });
    const meeting = new Meeting(this.#api, unwrap(answer));
    this.#isOver = true;
    return meeting;
  }

  /** Give the time slot back. It is offered to others at once. */
  async release({ signal }: RequestOptions = {}): Promise<void> {
    const params = { path: { id: this.id } };
    unwrap(await this.#api.DELETE("/bookme/time-slots/{id}", { params, signal: signal ?? null }));
    this.#isOver = true;
  }

  /** Read the time slot again. */
  async refresh({ signal }: RequestOptions = {}): Promise<this> {
    const params = { path: { id: this.id } };
    const answer = await this.#api.GET("/bookme/time-slots/{id}", { params, signal: signal ?? null });
    return this.#update(unwrap(answer), answer.response);
  }

  /** Keep the result, for example in the session of a website, and give it to `resumeHold` later. */
  toJSON(): SavedHold {
    return { token: this.token, timeSlotId: this.id, plan: this.#plan };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver || this.isConfirmed) return;
    try {
      await this.release();
    } catch (error) {
      // The hold is over already, or ends at its deadline: neither must hide the error that ended the block.
      if (!(error instanceof ApiError || error instanceof NoAnswer)) throw error;
    }
  }

  #update(timeSlot: TimeSlot, response: Response): this {
    this.#timeSlot = timeSlot;
    this.#deadline = deadlineOf(timeSlot, response);
    return this;
  }

  #content(details: MeetingDetails): Schemas["CreateMeetingRequest"] {
    const { type, topicId, customerTypeId, customerId, ...others } = { ...this.#plan, ...details };
    const employeeId = this.#timeSlot.employeeId;
    if (!type || !topicId || !customerTypeId || !customerId || !employeeId) {
      const names = Object.entries({ type, topicId, customerTypeId, customerId, employeeId });
      const missing = names.filter(([, value]) => !value).map(([name]) => name);
      throw new TypeError(`The meeting needs ${missing.join(", ")}: name it in hold() or in createMeeting()`);
    }
    const known = { timeSlotId: this.id, type, topicId, customerTypeId, customerId, employeeId };
    return { bookedBy: "customer", ...others, ...known };
  }
}

/** Hold the offered time. */
export async function hold(api: Api, offer: Offer, options: HoldOptions): Promise<Hold> {
  const { token = crypto.randomUUID(), additionalEmployees, endUser, signal, ...given } = options;
  const plan: Plan = {
    ...given,
    type: given.type ?? offer.meetingType,
    topicId: given.topicId ?? (offer.meetingTopicId || undefined),
  };
  const { startDate, endDate, employeeId, serviceGroup } = offer;
  const timeSlot = { startDate, endDate, employeeId, serviceGroup, roomId: offer.roomId || null, additionalEmployees };
  const { type: meetingType, ...known } = plan;
  const answer = await api.POST("/bookme/time-slots/reserve", {
    params: { header: endUser === undefined ? {} : { "BookMe-End-User": endUser } },
    body: { timeSlot: { ...timeSlot, status: "Reserved" }, token, meetingType, ...known },
    signal: signal ?? null,
  });
  return new Hold(api, token, plan, unwrap(answer), answer.response);
}

/** Continue with a hold that another process has saved. */
export async function resumeHold(api: Api, saved: SavedHold, { signal }: RequestOptions): Promise<Hold> {
  const params = { path: { id: saved.timeSlotId } };
  const answer = await api.GET("/bookme/time-slots/{id}", { params, signal: signal ?? null });
  return new Hold(api, saved.token, saved.plan, unwrap(answer), answer.response);
}

/**
 * Return the deadline in the time of `performance.now()`. The server's clock is in the header `Date`, in whole seconds,
 * and a time slot that has just changed has it in milliseconds. The later one is nearer to the truth.
 */
function deadlineOf(timeSlot: TimeSlot, response: Response): number {
  if (timeSlot.holdExpiresAt === undefined) return 0;
  const serverTime = Math.max(clockOf(response.headers) ?? Date.now(), Date.parse(timeSlot.dateModified));
  return performance.now() + Date.parse(timeSlot.holdExpiresAt) - serverTime;
}

/** Return the server's time. A sandbox has a clock of its own, and names its time in `BookMe-Sandbox`. */
function clockOf(headers: Headers): number | undefined {
  const sandbox = /\bnow=([^;]+)/.exec(headers.get("BookMe-Sandbox") ?? "")?.[1];
  const time = Date.parse(sandbox ?? headers.get("Date") ?? "");
  return Number.isNaN(time) ? undefined : time;
}

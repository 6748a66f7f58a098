/** The folder "Journey": a booking from the token to the cancellation. Each request keeps what the next ones need. */

const variable = "pm.collectionVariables";
const status = (code) => `pm.test("is answered ${code}", () => pm.response.to.have.status(${code}));`;
const keep = (name, value) => `${variable}.set("${name}", ${value});`;
const JSON_BODY = { raw: { language: "json" } };
const JSON_HEADER = [{ key: "Content-Type", value: "application/json" }];

/** One request of the journey. `tests` run after the answer, `before` before the request. */
function step(name, method, path, { body, headers = [], query = [], tests = [], before, description }) {
  const [, ...parts] = path.split("/");
  const listed = query.map(([key, value]) => ({ key, value }));
  const text = listed.map(({ key, value }) => `${key}=${value}`).join("&");
  return {
    name,
    event: [
      ...(before ? [{ listen: "prerequest", script: { type: "text/javascript", exec: before } }] : []),
      { listen: "test", script: { type: "text/javascript", exec: [status(200), ...tests] } },
    ],
    request: {
      method,
      description,
      header: body ? [...JSON_HEADER, ...headers] : headers,
      url: {
        raw: `{{baseUrl}}${path}${text && `?${text}`}`,
        host: ["{{baseUrl}}"],
        path: parts,
        ...(listed.length > 0 && { query: listed }),
      },
      ...(body && { body: { mode: "raw", raw: JSON.stringify(body, null, 2), options: JSON_BODY } }),
    },
  };
}

const token = {
  name: "1. Get an access token",
  event: [
    {
      listen: "test",
      script: { type: "text/javascript", exec: [status(200), keep("accessToken", "pm.response.json().access_token")] },
    },
  ],
  request: {
    method: "POST",
    description: "Every other request of the collection uses this token. It is valid for an hour.",
    auth: {
      type: "basic",
      basic: [
        { key: "username", value: "{{clientId}}", type: "string" },
        { key: "password", value: "{{clientSecret}}", type: "string" },
      ],
    },
    header: [],
    url: { raw: "{{tokenUrl}}", host: ["{{tokenUrl}}"] },
    body: {
      mode: "urlencoded",
      urlencoded: [
        { key: "grant_type", value: "client_credentials", type: "text" },
        { key: "scope", value: "{{scope}}", type: "text" },
      ],
    },
  },
};

export const journey = {
  name: "Journey",
  description: "Books a meeting, moves it and cancels it. Run the folder, or send the requests one after another.",
  item: [
    token,
    step("2. Look up the topics", "GET", "/bookme/meeting-topics", {
      query: [["isCustomer", "true"]],
      tests: [keep("topicId", "pm.response.json()[0].id")],
    }),
    step("3. Look up the types of customers", "GET", "/config/customer-types", {
      tests: [keep("customerTypeId", "pm.response.json()[0].id")],
    }),
    step("4. Search free times", "GET", "/bookme/time-slots/available", {
      query: [
        ["requireEmployeeParticipation", "false"],
        ["topic", "{{topicId}}"],
        ["customerTypeId", "{{customerTypeId}}"],
        ["meetingTypes", "online"],
        ["lookForwardTime", "P14D"],
      ],
      tests: [
        "const offers = pm.response.json();",
        'pm.test("a time is free", () => pm.expect(offers).not.to.be.empty);',
        'const names = ["startDate", "endDate", "employeeId"];',
        "const later = offers[offers.length - 1];",
        `for (const name of names) ${variable}.set(name, offers[0][name]);`,
        `for (const name of names) ${variable}.set("later_" + name, later[name]);`,
      ],
    }),
    step("5. Reserve the first one", "POST", "/bookme/time-slots/reserve", {
      description: "Holds the time for five minutes. The same token and time again get the same hold.",
      before: [keep("reservationToken", 'pm.variables.replaceIn("{{$guid}}")')],
      body: {
        token: "{{reservationToken}}",
        timeSlot: {
          status: "Reserved",
          startDate: "{{startDate}}",
          endDate: "{{endDate}}",
          employeeId: "{{employeeId}}",
        },
      },
      tests: [
        keep("timeSlotId", "pm.response.json().id"),
        'pm.test("is held", () => pm.expect(pm.response.json().status).to.eql("Reserved"));',
      ],
    }),
    step("6. Mark it Booked", "PATCH", "/bookme/time-slots/{{timeSlotId}}", {
      query: [["reservationToken", "{{reservationToken}}"]],
      body: [{ op: "replace", path: "/status", value: "Booked" }],
      tests: ['pm.test("is booked", () => pm.expect(pm.response.json().status).to.eql("Booked"));'],
    }),
    step("7. Create the meeting", "POST", "/bookme/meetings", {
      body: {
        bookedBy: "customer",
        customerId: "customer-4711",
        customerTypeId: "{{customerTypeId}}",
        timeSlotId: "{{timeSlotId}}",
        topicId: "{{topicId}}",
        employeeId: "{{employeeId}}",
        type: "online",
        title: "Mortgage advice",
      },
      tests: [keep("meetingId", "pm.response.json().id")],
    }),
    step("8. Download the calendar file", "POST", "/bookme/meetings/{{meetingId}}/ical", {
      headers: [{ key: "Accept", value: "text/calendar" }],
      tests: ['pm.test("is a calendar", () => pm.expect(pm.response.text()).to.include("SUMMARY:Mortgage advice"));'],
    }),
    step("9. Move the meeting", "POST", "/bookme/meetings/{{meetingId}}/move", {
      body: {
        startDate: "{{later_startDate}}",
        endDate: "{{later_endDate}}",
        employeeId: "{{later_employeeId}}",
      },
      tests: [
        'const expected = pm.collectionVariables.get("later_startDate");',
        'pm.test("has moved", () => pm.expect(pm.response.json().startDate).to.eql(expected));',
      ],
    }),
    step("10. Cancel the meeting", "DELETE", "/bookme/meetings/{{meetingId}}", {
      query: [["reason", "The customer is ill"]],
      tests: ['pm.test("has the reason", () => pm.expect(pm.response.json().reason).to.eql("The customer is ill"));'],
    }),
  ],
};

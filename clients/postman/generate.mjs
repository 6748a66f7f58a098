/**
 * Writes the Postman collection (format v2.1): the journey, and every operation of the OpenAPI document.
 *
 * `npm run generate` asks the `bookme` command of this repository for the document.
 * `npm run generate -- openapi.json` reads it from a file.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { journey } from "./journey.mjs";

const OPTIONS = {
  folderStrategy: "Tags",
  parametersResolution: "Example",
  enableOptionalParameters: false,
  includeAuthInfoInExample: false,
  alwaysInheritAuthentication: true,
};

const DESCRIPTION = `The API of BookMe, made from its OpenAPI document.

1. Start BookMe with \`uv run bookme dev\`, and choose the environment *BookMe dev*.
2. Run the folder *Journey*. Its first request gets the access token that all other requests use.`;

/** Ids are random, and examples of answers are long: without both, the file changes only with the document. */
const NOT_KEPT = new Set(["id", "_postman_id", "response", "protocolProfileBehavior"]);

/** The converter knows only the keyword `example` of OpenAPI 3.0, and invents texts where it finds none. */
function withExamples(node) {
  if (Array.isArray(node)) return node.map(withExamples);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, withExamples(value)]));
  if (Array.isArray(copy.examples)) return { example: copy.examples[0], ...copy };
  return "in" in copy && "schema" in copy && !("example" in copy) ? { ...copy, example: exampleOf(copy) } : copy;
}

function exampleOf({ name, schema }) {
  if (name === "Idempotency-Key") return "{{$guid}}";
  return schema.default ?? schema.examples?.[0] ?? `<${name}>`;
}

/** Sets `monday` before each request to the date of the next Monday, as the examples of the document have it. */
const SET_MONDAY = [
  "const day = new Date();",
  "day.setUTCDate(day.getUTCDate() + 7 - ((day.getUTCDay() + 6) % 7));",
  'pm.collectionVariables.set("monday", day.toISOString().slice(0, 10));',
];

/** The examples have dates of the coming week: with `{{monday}}`, the file stays the same and the dates stay usable. */
function withMonday(text, { components }) {
  const [{ startDate }] = components.schemas.CreateTimeSlotRequest.examples;
  return text.replaceAll(startDate.slice(0, 10), "{{monday}}");
}

/** The converter draws an example where there is none: so that it draws the same ones each time, it begins at a seed. */
async function repeatableConverter() {
  let seed = 1;
  Math.random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  return (await import("openapi-to-postmanv2")).default;
}

function printed() {
  return execFileSync("uv", ["run", "bookme", "openapi"], { maxBuffer: 1 << 26, encoding: "utf8" });
}

function withoutNoise(item) {
  const kept = Object.entries(item).filter(([name]) => !NOT_KEPT.has(name));
  const { request, item: children, ...others } = Object.fromEntries(kept);
  if (children) return { ...others, item: children.map(withoutNoise) };
  for (const name of ["name", "auth"]) delete request[name];
  delete others.event;
  return { ...others, request };
}

const [file] = process.argv.slice(2);
const data = JSON.parse(file ? readFileSync(file, "utf8") : printed());
const converter = await repeatableConverter();
const converted = await promisify(converter.convertV2)({ type: "json", data: withExamples(data) }, OPTIONS);
if (!converted.result) throw new Error(converted.reason);

const { item } = converted.output[0].data;
const collection = {
  info: {
    name: "BookMe",
    description: DESCRIPTION,
    schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
  },
  event: [{ listen: "prerequest", script: { type: "text/javascript", exec: SET_MONDAY } }],
  auth: { type: "bearer", bearer: [{ key: "token", value: "{{accessToken}}", type: "string" }] },
  variable: ["accessToken", "monday"].map((key) => ({ key, value: "" })),
  item: [journey, ...item.map(withoutNoise)],
};
const text = withMonday(JSON.stringify(collection, null, 2), data);
writeFileSync(new URL("bookme.postman_collection.json", import.meta.url), `${text}\n`);

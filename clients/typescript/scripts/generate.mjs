/**
 * Writes `src/schema.ts`: the types of the API, made from its OpenAPI document.
 *
 * `npm run generate` asks the `bookme` command of this repository for the document.
 * `npm run generate -- openapi.json` reads it from a file.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const header = "/** Types of the API, made by `npm run generate` from the OpenAPI document. Do not edit. */\n\n";

function printed() {
  return execFileSync("uv", ["run", "bookme", "openapi"], { maxBuffer: 1 << 26, encoding: "utf8" });
}

const [file] = process.argv.slice(2);
// The examples have dates of the coming days, so they would change the file every day.
const withoutExamples = (name, value) => (name === "example" || name === "examples" ? undefined : value);
const document = JSON.parse(file ? readFileSync(file, "utf8") : printed(), withoutExamples);
// A member of a request that has a default can be left out.
const types = await openapiTS(document, { defaultNonNullable: false });
writeFileSync(new URL("../src/schema.ts", import.meta.url), header + astToString(types));

/** Imports the collection and its environment as Bruno does, and prints the names of the journey's requests. */
import { readFileSync } from "node:fs";
import { postmanToBruno, postmanToBrunoEnvironment } from "@usebruno/converters";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const imported = await postmanToBruno(read("bookme.postman_collection.json"));
const environment = await postmanToBrunoEnvironment(read("bookme-dev.postman_environment.json"));
const { items } = (imported.collection ?? imported).items.find(({ name }) => name === "Journey");
console.log(JSON.stringify({ requests: items.map(({ name }) => name), variables: environment.variables.length }));

import { Webhook } from "standardwebhooks";
import { WebhookNotVerified } from "./errors.js";
import type { components } from "./schema.js";

/** An event of the log and of webhooks. Ignore types and members of `data` that you do not know. */
export type BookMeEvent = components["schemas"]["Event"];

/** The headers of a request, as `fetch`, Node.js and most frameworks give them. */
export type WebhookHeaders = Headers | { readonly [name: string]: string | readonly string[] | undefined };

/**
 * Return the event that a request to your webhook carries, if BookMe has sent and signed the request.
 *
 * `payload` is the body as it came: parsed and written again, its signature would not fit. `secret` begins with
 * `whsec_`. Deliveries can come twice: skip events whose `id` you have processed. Throws WebhookNotVerified.
 */
export function verifyWebhook(payload: string | Uint8Array, headers: WebhookHeaders, secret: string): BookMeEvent {
  const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  const webhook = new Webhook(secret);
  try {
    return webhook.verify(text, flattened(headers)) as BookMeEvent;
  } catch (cause) {
    throw new WebhookNotVerified(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function flattened(headers: WebhookHeaders): Record<string, string> {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value ?? "")]));
}

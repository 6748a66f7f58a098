import { TokenRefused } from "../errors.js";
import type { Sender } from "./sender.js";

/**
 * Gives the access token for a request. `refused` is a token that BookMe has just refused, for example because it has
 * expired: give another one then, if you can.
 */
export type TokenSource = (refused?: string) => string | Promise<string>;

/** A client that is registered at the issuer of access tokens. Its secret must never reach a browser. */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Address of the issuer's token endpoint. */
  readonly tokenUrl: string;
  /** For example `bookme.read bookme.book`. Without it, the issuer decides. */
  readonly scope?: string | undefined;
  /** Some issuers want to know the API that the token is for. */
  readonly audience?: string | undefined;
}

interface Grant {
  readonly token: string;
  /** Time of `performance.now()`. */
  readonly renewAt: number;
}

/** A token is renewed when nine tenths of its lifetime are over. */
const USED_PART = 0.9;

/** Return a source that keeps its token until it must be renewed. Requests at the same time share one renewal. */
export function cachedTokens(client: ClientCredentials, sender: Sender): TokenSource {
  let grant: Grant | undefined;
  let renewal: Promise<Grant> | undefined;

  return async (refused) => {
    if (grant && grant.token !== refused && performance.now() < grant.renewAt) return grant.token;
    renewal ??= fetchToken(client, sender).finally(() => {
      renewal = undefined;
    });
    grant = await renewal;
    return grant.token;
  };
}

/** Ask for a token by the client credentials grant (RFC 6749 section 4.4). */
async function fetchToken(client: ClientCredentials, sender: Sender): Promise<Grant> {
  const asked = performance.now();
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (client.scope) form.set("scope", client.scope);
  if (client.audience) form.set("audience", client.audience);
  const headers = { Authorization: `Basic ${basic(client.clientId, client.clientSecret)}` };
  const request = new Request(client.tokenUrl, { method: "POST", body: form, headers });
  const response = await sender.send(request, true);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || typeof answer.access_token !== "string") throw refusal(client, response, answer);
  const lifetime = typeof answer.expires_in === "number" ? answer.expires_in * 1_000 : Number.POSITIVE_INFINITY;
  return { token: answer.access_token, renewAt: asked + lifetime * USED_PART };
}

function refusal(client: ClientCredentials, response: Response, answer: { [member: string]: unknown }): TokenRefused {
  const why = answer["error_description"] ?? answer["error"] ?? response.statusText;
  return new TokenRefused(`${client.tokenUrl} gives no token to ${client.clientId}: ${response.status} ${why}`);
}

/** Encode id and secret as RFC 6749 section 2.3.1 wants it: each as in a form, then together in base64. */
function basic(clientId: string, clientSecret: string): string {
  const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);
  return btoa(`${encode(clientId)}:${encode(clientSecret)}`);
}

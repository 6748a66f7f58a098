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
  /** Address of the issuer. Its discovery document names the token endpoint. */
  readonly issuer: string;
  /** Address of the token endpoint, if the issuer has no discovery document. */
  readonly tokenUrl?: string | undefined;
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

const DISCOVERY = "/.well-known/openid-configuration";

/** A token is renewed when nine tenths of its lifetime are over. */
const USED_PART = 0.9;

/** Return a source that keeps its token until it must be renewed. Requests at the same time share one renewal. */
export function cachedTokens(client: ClientCredentials, sender: Sender): TokenSource {
  let grant: Grant | undefined;
  let renewal: Promise<Grant> | undefined;
  let tokenUrl = client.tokenUrl;

  const renew = async (): Promise<Grant> => {
    tokenUrl ??= await discover(client.issuer, sender);
    return await fetchToken(tokenUrl, client, sender);
  };

  return async (refused) => {
    if (grant && grant.token !== refused && performance.now() < grant.renewAt) return grant.token;
    renewal ??= renew().finally(() => {
      renewal = undefined;
    });
    grant = await renewal;
    return grant.token;
  };
}

/**
 * Return the token endpoint from the issuer's discovery document (OpenID Connect Discovery section 4). Throws
 * TokenRefused if there is no such document, or if it names an address that is less safe than its own.
 */
async function discover(issuer: string, sender: Sender): Promise<string> {
  const address = issuer.replace(/\/+$/, "") + DISCOVERY;
  const response = await sender.send(new Request(address), true);
  const found = (await jsonOf(response))["token_endpoint"];
  if (!response.ok || typeof found !== "string") {
    const advice = "Pass issuer, the address of the server that gives your tokens, or tokenUrl.";
    throw new TokenRefused(`${address} names no token endpoint (${response.status}). ${advice}`);
  }
  if (address.startsWith("https:") && !found.startsWith("https:")) {
    throw new TokenRefused(`${address} names ${found}, which is not https. The secret is not sent there.`);
  }
  return found;
}

/** Ask for a token by the client credentials grant (RFC 6749 section 4.4). */
async function fetchToken(tokenUrl: string, client: ClientCredentials, sender: Sender): Promise<Grant> {
  const asked = performance.now();
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (client.scope) form.set("scope", client.scope);
  if (client.audience) form.set("audience", client.audience);
  const headers = { Authorization: `Basic ${basic(client.clientId, client.clientSecret)}` };
  const request = new Request(tokenUrl, { method: "POST", body: form, headers });
  const response = await sender.send(request, true);
  const answer = await jsonOf(response);
  const { access_token: token, expires_in: seconds } = answer;
  if (!response.ok || typeof token !== "string") {
    const why = answer["error_description"] ?? answer["error"] ?? response.statusText;
    throw new TokenRefused(`${tokenUrl} gives no token to ${client.clientId}: ${response.status} ${why}`);
  }
  const lifetime = typeof seconds === "number" ? seconds * 1_000 : Number.POSITIVE_INFINITY;
  return { token, renewAt: asked + lifetime * USED_PART };
}

/** Return the object in the answer, or an empty one if it is something else. */
async function jsonOf(response: Response): Promise<{ [member: string]: unknown }> {
  const found: unknown = await response.json().catch(() => undefined);
  return typeof found === "object" && found !== null ? { ...found } : {};
}

/** Encode id and secret as RFC 6749 section 2.3.1 wants it: each as in a form, then together in base64. */
function basic(clientId: string, clientSecret: string): string {
  const encode = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);
  return btoa(`${encode(clientId)}:${encode(clientSecret)}`);
}

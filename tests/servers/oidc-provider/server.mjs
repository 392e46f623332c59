// An OpenID-certified authorization server (npm oidc-provider) and a small protected API, on loopback, for tests only.
//
//   npm ci && PORT=9400 AT_TTL=30 node server.mjs
//
// PORT    0 (the default) lets the kernel choose; the line `READY {"issuer": .., "api": ..}` says what it chose
// AT_TTL  lifetime of an access token in seconds (30)
// RT_TTL  lifetime of a refresh token in seconds (3600)
// ROTATE  0 answers a refresh without a new refresh token (1)
//
// Anybody may sign in, with any login and any password. `GET /_log` lists what clients sent, oldest first.
// The helpers of tests/support/src/provider.rs repeat the names and the secrets of the clients below.
import http from 'node:http';
import * as jose from 'jose';
import { Provider, errors } from 'oidc-provider';

const seconds = (name, otherwise) => {
  const value = Number(process.env[name] || otherwise);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is not a whole number`);
  return value;
};
const AT_TTL = seconds('AT_TTL', 30);
const RT_TTL = seconds('RT_TTL', 3600);
const ROTATE = process.env.ROTATE !== '0';

// The provider reads a body as a stream; keeping a copy of what the parser pushes disturbs no reader.
class Recorded extends http.IncomingMessage {
  received = [];

  push(chunk, encoding) {
    if (chunk) this.received.push(Buffer.from(chunk));
    return super.push(chunk, encoding);
  }
}

const server = http.createServer({ IncomingMessage: Recorded });
await new Promise((resolve) => { server.listen(seconds('PORT', 0), '127.0.0.1', resolve); });
const issuer = `http://127.0.0.1:${server.address().port}`;
const api = `${issuer}/api`;
// A second resource of the same grant; its tokens are looked at by the tests, no API takes them.
const files = `${issuer}/files`;

// ES256 for everything: a key is made in a millisecond, so none has to be stored.
const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true });
const jwks = { keys: [{ ...await jose.exportJWK(privateKey), alg: 'ES256', use: 'sig', kid: 'test-key' }] };

// `native` makes the provider ignore the port of a loopback redirect URI (RFC 8252 §7.3), which the confidential
// clients need too: tests listen wherever the kernel lets them.
const client = (client_id, token_endpoint_auth_method, client_secret) => ({
  client_id,
  token_endpoint_auth_method,
  ...(client_secret && { client_secret }),
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
});
const clients = [
  client('native', 'none'),
  // Each of these characters is spoiled unless the secret is form-encoded before it goes into Basic (RFC 6749 §2.3.1).
  client('web', 'client_secret_basic', 's3cr3t:/?%+ &=~'),
  client('web-post', 'client_secret_post', 'p0st:/?%+ &=~'),
];

const provider = new Provider(issuer, {
  clients,
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  jwks,
  cookies: { keys: ['a key for tests only'] },
  responseTypes: ['code'],
  scopes: ['openid', 'offline_access'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} of Tests`, email: `${id}@example.com`, email_verified: true }),
  }),
  rotateRefreshToken: ROTATE,
  features: {
    devInteractions: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // Nothing by default: only a token without a resource is good for userinfo.
      defaultResource: (_ctx, _client, oneOf) => oneOf,
      // A code or a refresh token that was granted for the API needs not name it again.
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== api && resource !== files) throw new errors.InvalidTarget();
        return {
          audience: resource,
          scope: 'api:read api:write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: AT_TTL,
          jwt: { sign: { alg: 'ES256' } },
        };
      },
    },
  },
  ttl: {
    AccessToken: AT_TTL, RefreshToken: RT_TTL, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 3600, Grant: 3600,
  },
});
provider.on('server_error', (_ctx, error) => console.error('server_error', error));

// The resource server: one error a refusal, and no error when no token came (RFC 6750 §3).
async function protectedApi(ctx) {
  const refuse = (status, details) => {
    const parameters = Object.entries({ realm: 'api', ...details }).map(([name, value]) => `${name}="${value}"`);
    ctx.status = status;
    ctx.set('WWW-Authenticate', `Bearer ${parameters.join(', ')}`);
    ctx.body = details ?? {};
  };
  const authorization = ctx.get('authorization');
  if (!/^bearer( |$)/i.test(authorization)) return refuse(401);
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
  if (!token) return refuse(400, { error: 'invalid_request', error_description: 'the credentials are malformed' });

  let claims;
  try {
    ({ payload: claims } = await jose.jwtVerify(token, publicKey, { issuer, audience: api, typ: 'at+jwt', clockTolerance: 0 }));
  } catch (error) {
    const why = error.code === 'ERR_JWT_EXPIRED' ? 'the access token expired' : 'the access token is not for this API';
    return refuse(401, { error: 'invalid_token', error_description: why });
  }
  const scope = ctx.method === 'GET' ? 'api:read' : 'api:write';
  if (!claims.scope?.split(' ').includes(scope)) return refuse(403, { error: 'insufficient_scope', scope });
  ctx.body = { sub: claims.sub, client_id: claims.client_id, scope: claims.scope };
}

const log = [];
const logged = ({ req, res }) => {
  const url = new URL(req.url, issuer);
  const body = Buffer.concat(req.received).toString('utf8');
  const isForm = req.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return {
    method: req.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: req.headers,
    body,
    form: isForm ? Object.fromEntries(new URLSearchParams(body)) : null,
    status: res.writableEnded ? res.statusCode : null,
  };
};

provider.use((ctx, next) => {
  if (ctx.path === '/_log') { ctx.body = log.map(logged); return undefined; }
  return ctx.path === '/api' ? protectedApi(ctx) : next();
});
const handle = provider.callback();
server.on('request', (req, res) => {
  // Logged on arrival: a client that has its answer finds its request here.
  if (req.url !== '/_log') log.push({ req, res });
  handle(req, res);
});

console.log('READY', JSON.stringify({ issuer, api }));

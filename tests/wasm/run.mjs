// The machine in WebAssembly, driven by `fetch`: a whole life, against the server that the arguments name.
//
//     node run.mjs WASM ISSUER AUTHORIZATION TOKEN REVOCATION CLIENT API
//
// It says `revoke` when the server shall end all access tokens, and reads a line once it has.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';

const [, , path, issuer, authorization, token, revocation, client, api] = process.argv;
const redirectUri = 'http://127.0.0.1:49152/callback';
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const module = await WebAssembly.compile(await readFile(path));
assert.deepEqual(WebAssembly.Module.imports(module), [], 'the machine asks nothing of its host');
const { exports: gatepass } = await WebAssembly.instantiate(module, {});

// ---- memory: pages of our own, and the structures of the header as a 32-bit compiler lays them out ----

const PAGES = 4, ROOM = 4096, STORAGE = ROOM + 1024, OUT = ROOM + 512;
let top = gatepass.memory.grow(PAGES) * 65536;
const end = top + PAGES * 65536;
const view = () => new DataView(gatepass.memory.buffer);
const bytes = (at, len) => new Uint8Array(gatepass.memory.buffer, at, len);
const text = (at) => new TextDecoder().decode(bytes(view().getUint32(at, true), view().getUint32(at + 4, true)));

function room(size) {
  const at = top;
  top = (top + size + 7) & ~7;
  assert(top <= end, 'out of room');
  return at;
}

function put(value) {
  const data = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  const at = room(data.length + 1);
  bytes(at, data.length).set(data);
  bytes(at + data.length, 1)[0] = 0;
  return [at, data.length];
}

/** Lends values to one call, and takes their room back. */
function lend(values, call) {
  const before = top;
  try {
    return call(...values.map((value) => (value === null ? [0, 0] : put(value))).flat());
  } finally {
    bytes(before, top - before).fill(0);
    top = before;
  }
}

const words = (at, values) => Object.entries(values).forEach(([offset, value]) => view().setUint32(at + Number(offset), value, true));

const MOVES = ['Load', 'SignIn', 'Visit', 'AwaitRedirect', 'Save', 'Send', 'AwaitResponse', 'Wait', 'Sleep'];
const OUTPUT = { move: 0, until: 16, url: 24, ticket: 32, record: 64, request: 72 };
const REQUEST = { ticket: 0, deadline: 8, method: 16, url: 24, fields: 48, body: 112 };
const ISS_PARAMETER = 1, HTTP_ON_LOOPBACK = 2;
const ADVANCED = 0, MORE = 1;

// ---- the device ----

const store = new Map();
let advanced = 0;
const time = room(16);
function now() {
  view().setBigUint64(time, BigInt(Date.now() + advanced), true);
  view().setBigUint64(time + 8, BigInt(Math.floor((Date.now() + advanced) / 1000)), true);
  return time;
}

/** What a call gave; an error explains itself. */
function told(result) {
  if (result < 0) {
    const at = room(256);
    const len = gatepass.gatepass_strerror(result, at, 256);
    console.log(`error ${result}: ${new TextDecoder().decode(bytes(at, len))}`);
    top = at;
  }
  return result;
}

const storage = room(STORAGE), settled = room(1024), out = room(OUT), output = room(192), access = room(48), slot = room(8);
const settings = room(76), signIn = room(48), piece = room(8);
words(settings, { 4: put(issuer)[0], 8: put(authorization)[0], 12: put(token)[0], 16: put(revocation)[0], 20: put(client)[0] });
words(settings, { 28: ISS_PARAMETER | HTTP_ON_LOOPBACK });
words(signIn, { 0: put('openid')[0] });
const redirectAt = put(redirectUri)[0];

assert.equal(told(gatepass.gatepass_config_init(settled, 1024, settings, slot)), 0);
const config = view().getUint32(slot, true);
assert.equal(told(gatepass.gatepass_init(storage, STORAGE, slot)), 0);
const session = view().getUint32(slot, true);

const entropy = () => crypto.getRandomValues(new Uint8Array(64));
const handle = (name, ...rest) => told(gatepass[`gatepass_handle_${name}`](session, config, now(), ...rest));

function load() {
  lend([store.get('record') ?? null, entropy()], (record, len, random) => handle('found', record, len, random));
}

function save() {
  const ticket = view().getUint32(output + OUTPUT.ticket, true);
  const held = store.get('record') ?? null;
  const expected = lend([held], (at, len) => gatepass.gatepass_is_expected(output + OUTPUT.ticket, at, len));
  if (!expected) {
    lend([held], (at, len) => handle('superseded', at, len));
    return;
  }
  const at = output + OUTPUT.record;
  store.set('record', bytes(view().getUint32(at, true), view().getUint32(at + 4, true)).slice());
  handle('saved', ticket);
}

async function send() {
  const request = output + OUTPUT.request;
  const ticket = view().getUint32(request + REQUEST.ticket, true);
  const headers = {};
  for (let at = 0; at < 4; at++) {
    const field = request + REQUEST.fields + at * 16;
    if (view().getUint32(field, true)) headers[text(field)] = text(field + 8);
  }
  const [at, len] = [view().getUint32(request + REQUEST.body, true), view().getUint32(request + REQUEST.body + 4, true)];
  // What a socket would be given ends in the same body.
  let last;
  for (let index = 0; gatepass.gatepass_request_part(request, index, piece); index++) last = view().getUint32(piece, true);
  assert.equal(last, at);
  const left = Number(view().getBigUint64(request + REQUEST.deadline, true)) - Date.now() - advanced;
  const options = { method: text(request + REQUEST.method), headers, body: bytes(at, len).slice(), redirect: 'manual' };
  try {
    const response = await fetch(text(request + REQUEST.url), { ...options, signal: AbortSignal.timeout(left) });
    const fields = [response.headers.get('content-type'), response.headers.get('retry-after')];
    let result = lend(fields, (...lent) => handle('head', ticket, response.status, ...lent));
    for await (const chunk of response.body ?? []) {
      if (result !== MORE) break;
      result = lend([chunk], (data, size) => handle('body', ticket, data, size));
    }
    if (result === MORE) handle('end', ticket);
  } catch (error) {
    console.log(`fetch: ${error.message}`);
    handle('no_response', ticket);
  }
}

/** Polls until it is somebody else's move: the person's, the application's or nobody's. */
async function drive() {
  for (;;) {
    assert.equal(told(gatepass.gatepass_poll(session, config, now(), out, OUT, output)), 0);
    const move = MOVES[view().getUint32(output + OUTPUT.move, true)];
    if (move === 'Load') load();
    else if (move === 'Save') save();
    else if (move === 'Send') await send();
    else return move;
  }
}

async function call() {
  assert.equal(told(gatepass.gatepass_access_token(session, config, now(), 0, out, OUT, access)), 0);
  const response = await fetch(api, { headers: { Authorization: text(access) }, redirect: 'manual' });
  await response.arrayBuffer();
  const challenge = response.headers.get('www-authenticate');
  const result = lend([challenge], (...field) => handle('challenge', access + 16, response.status, ...field));
  return [response.status, result];
}

// ---- its life ----

assert.equal(await drive(), 'SignIn');
const begun = lend([entropy()], (random) => gatepass.gatepass_sign_in(session, config, now(), signIn, redirectAt, random));
assert.equal(told(begun), ADVANCED);
assert.equal(await drive(), 'Visit');
const visited = await fetch(text(output + OUTPUT.url), { redirect: 'manual' });
const redirect = visited.headers.get('location');
assert(redirect.startsWith(`${redirectUri}?`), redirect);
handle('visited');
assert.equal(await drive(), 'AwaitRedirect');
const VIOLATION_STATE = -98;
const wrong = redirect.replace('state=', 'state=x');
assert.equal(lend([wrong], (uri, len) => handle('redirect', uri, len)), VIOLATION_STATE);
assert.equal(lend([redirect], (uri, len) => handle('redirect', uri, len)), ADVANCED);
assert.equal(await drive(), 'Sleep');
assert.deepEqual(await call(), [200, 2]);

for (let rotation = 0; rotation < 3; rotation++) {
  advanced += 61_000;
  assert.equal(await drive(), 'Sleep');
  assert.deepEqual(await call(), [200, 2]);
}

console.log('revoke');
await lines.next();
assert.deepEqual(await call(), [401, ADVANCED]);
assert.equal(await drive(), 'Sleep');
assert.deepEqual(await call(), [200, 2]);

assert.equal(told(gatepass.gatepass_sign_out(session, config, now())), ADVANCED);
assert.equal(await drive(), 'SignIn');
const whole = () => bytes(storage, STORAGE);
assert(whole().some((byte) => byte !== 0), 'a session lies there');
assert.equal(gatepass.gatepass_wipe(session), 0);
assert(whole().every((byte) => byte === 0), 'nothing is left of the session');
console.log('done');
process.exit(0);

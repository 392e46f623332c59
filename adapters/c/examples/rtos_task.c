/*
 * A task that keeps a device signed in, for FreeRTOS or any other kernel: one loop, one buffer, no allocation.
 *
 *     xTaskCreate(gatepass_task, "gatepass", 1536, NULL, tskIDLE_PRIORITY + 1, NULL);
 *
 * port.h says what a board fills in. The sizes below are for access tokens of up to 1 KiB.
 */
#include <string.h>

#include "http1.h"

enum { ROOM = 4096, OUT = ROOM + 512 };

static uint64_t session_storage[GATEPASS_SESSION_WORDS(ROOM)];
static uint64_t config_storage[GATEPASS_CONFIG_WORDS(GATEPASS_MAX_AUDIENCES, 0)];
static uint8_t out[OUT], held[OUT];

static gatepass_config *config;
static gatepass_session *session;

void gatepass_task(void *unused);

/* In the order of enum gatepass_reason. */
static const char *const reasons[] = {"Other",   "NoGrant",  "SignedOut", "Expired",  "Ended",  "Interaction",
                                      "InDoubt", "TimedOut", "Cancelled", "Declined", "Failed", "TooSmall"};

/* A loop that no compiler takes out. */
static void wipe(void *bytes, size_t size)
{
    volatile uint8_t *at = bytes;
    while (size--) {
        *at++ = 0;
    }
}

/* Errors explain: they are told, and the session is polled again. */
static void explain(const char *what, gatepass_result result)
{
    if (result < 0) {
        char text[256];
        gatepass_strerror(result, text, sizeof text);
        port_told(what, text);
    }
}

/* The state's name is fit for a log, once for each change. */
static void note(void)
{
    static const char *before;
    gatepass_text state = gatepass_state(session);
    if (state.data != before) {
        char name[24] = {0};
        memcpy(name, state.data, state.len < sizeof name ? state.len : sizeof name - 1);
        port_told("state", name);
        before = state.data;
    }
}

static void load(void)
{
    uint8_t entropy[GATEPASS_ENTROPY_SIZE];
    size_t len = 0;
    if (!port_load(held, sizeof held, &len) || !port_entropy(entropy, sizeof entropy)) {
        port_told("load", "the flash or the generator failed");
        port_wait(GATEPASS_MOVE_WAIT, port_now().millis + 1000, NULL, 0, NULL);
        return;
    }
    explain("load", gatepass_handle_found(session, config, port_now(), held, len, entropy));
    wipe(entropy, sizeof entropy);
}

static void save(const gatepass_save *change)
{
    size_t len = 0;
    switch (port_swap(change, held, sizeof held, &len)) {
    case PORT_SWAPPED:
        explain("save", gatepass_handle_saved(session, config, port_now(), change->ticket));
        break;
    case PORT_SUPERSEDED:
        explain("save", gatepass_handle_superseded(session, config, port_now(), held, len));
        break;
    case PORT_UNKNOWN:
        explain("save", gatepass_handle_not_saved(session, config, port_now(), change->ticket));
        break;
    }
}

static void sign_in(void)
{
    uint8_t entropy[GATEPASS_ENTROPY_SIZE];
    if (!port_entropy(entropy, sizeof entropy)) {
        port_told("begin", "the generator failed");
        return;
    }
    explain("begin", gatepass_sign_in(session, config, port_now(), &port_sign_in, port_redirect_uri, entropy));
    wipe(entropy, sizeof entropy);
}

/* The answer goes to the session as it arrives: no buffer has to hold it. */
static gatepass_result hear(const gatepass_request *request, http1 *response)
{
    uint32_t ticket = request->ticket;
    if (!http1_head(response, request->deadline)) {
        return gatepass_handle_no_response(session, config, port_now(), ticket);
    }
    gatepass_result result =
        gatepass_handle_head(session, config, port_now(), ticket, response->status, response->content_type, strlen(response->content_type),
                             response->retry_after, strlen(response->retry_after));
    while (result == GATEPASS_STATUS_MORE) {
        const uint8_t *bytes;
        long len = http1_body(response, &bytes);
        result = len > 0    ? gatepass_handle_body(session, config, port_now(), ticket, bytes, (size_t)len)
                 : len == 0 ? gatepass_handle_end(session, config, port_now(), ticket)
                            : gatepass_handle_no_response(session, config, port_now(), ticket);
    }
    return result;
}

static void exchange(const gatepass_request *request)
{
    if (!port_connect(request->authority) || port_now().millis >= request->deadline) {
        explain("send", gatepass_handle_not_sent(session, config, port_now(), request->ticket));
        port_close();
        return;
    }
    bool whole = true;
    gatepass_bytes piece;
    for (uint32_t at = 0; whole && gatepass_request_part(request, at, &piece); at++) {
        whole = port_send(piece.data, piece.len, request->deadline);
    }
    static http1 response;
    explain("send", whole ? hear(request, &response) : gatepass_handle_no_response(session, config, port_now(), request->ticket));
    wipe(&response, sizeof response);
    port_close();
}

/* One call of the API with the access token. Gives whether the API rejected the token: the session refreshes it, and once it sleeps the call
   is worth repeating. */
static bool call(void)
{
    static http1 response;
    gatepass_token token;
    uint64_t deadline = port_now().millis + 30000;
    gatepass_result result = gatepass_access_token(session, config, port_now(), NULL, out, sizeof out, &token);
    explain("call", result);
    if (result < 0 || !port_connect((gatepass_text){port_api_authority, strlen(port_api_authority)})) {
        wipe(out, sizeof out);
        port_told("called", "not at all");
        return false;
    }
    const char *const head[] = {"GET ", port_api_target, " HTTP/1.1\r\nHost: ", port_api_authority, "\r\nAuthorization: "};
    bool whole = true;
    for (size_t at = 0; whole && at < sizeof head / sizeof *head; at++) {
        whole = port_send((const uint8_t *)head[at], strlen(head[at]), deadline);
    }
    static const char end[] = "\r\nConnection: close\r\n\r\n";
    whole = whole && port_send((const uint8_t *)token.header.data, token.header.len, deadline);
    whole = whole && port_send((const uint8_t *)end, sizeof end - 1, deadline);
    wipe(out, sizeof out);
    whole = whole && http1_head(&response, deadline);
    port_close();
    if (!whole) {
        port_told("called", "no answer");
        return false;
    }
    const char status[] = {(char)('0' + response.status / 100), (char)('0' + response.status / 10 % 10), (char)('0' + response.status % 10), 0};
    port_told("called", status);
    result = gatepass_handle_challenge(session, config, port_now(), &token.generation, response.status, response.www_authenticate,
                                       strlen(response.www_authenticate));
    explain("call", result);
    return result == GATEPASS_STATUS_ADVANCED;
}

static bool repeat;

/* What the application wants, in a move that leaves time for it. */
static bool wanted(enum gatepass_move during, uint64_t until)
{
    size_t len = 0;
    switch (port_wait(during, until, (char *)held, sizeof held, &len)) {
    case PORT_NOTHING:
        break;
    case PORT_SIGN_IN:
        sign_in();
        break;
    case PORT_REDIRECT:
        explain("redirect", gatepass_handle_redirect(session, config, port_now(), (const char *)held, len));
        wipe(held, sizeof held);
        break;
    case PORT_CALL:
        repeat = call();
        break;
    case PORT_REFRESH:
        explain("refresh", gatepass_handle_refresh(session, config, port_now()));
        break;
    case PORT_SIGN_OUT:
        explain("sign-out", gatepass_sign_out(session, config, port_now()));
        break;
    case PORT_CANCEL:
        explain("cancel", gatepass_handle_cancel(session, config, port_now()));
        break;
    case PORT_STOP:
        return false;
    }
    return true;
}

void gatepass_task(void *unused)
{
    (void)unused;
    gatepass_result result = gatepass_config_init(config_storage, sizeof config_storage, &port_settings, &config);
    if (result >= 0) {
        result = gatepass_init(session_storage, sizeof session_storage, &session);
    }
    explain("begin", result);
    for (bool on = result >= 0; on;) {
        gatepass_output output;
        note();
        result = gatepass_poll(session, config, port_now(), out, sizeof out, &output);
        if (result < 0) {
            explain("poll", result);
            on = wanted(GATEPASS_MOVE_WAIT, port_now().millis + 60000);
            continue;
        }
        switch ((enum gatepass_move)output.move) {
        case GATEPASS_MOVE_LOAD:
            load();
            break;
        case GATEPASS_MOVE_SIGN_IN:
            port_told("sign-in", output.reason < sizeof reasons / sizeof *reasons ? reasons[output.reason] : *reasons);
            on = wanted(GATEPASS_MOVE_SIGN_IN, UINT64_MAX);
            break;
        case GATEPASS_MOVE_VISIT:
            if (port_show(output.url)) {
                explain("visit", gatepass_handle_visited(session, config, port_now()));
            }
            break;
        case GATEPASS_MOVE_SAVE:
            save(&output.save);
            break;
        case GATEPASS_MOVE_SEND:
            exchange(&output.request);
            break;
        case GATEPASS_MOVE_AWAIT_REDIRECT:
        case GATEPASS_MOVE_AWAIT_RESPONSE:
        case GATEPASS_MOVE_WAIT:
            on = wanted((enum gatepass_move)output.move, output.until);
            break;
        case GATEPASS_MOVE_SLEEP:
            if (repeat) {
                repeat = false;
                (void)call();
                break;
            }
            on = wanted((enum gatepass_move)output.move, output.until);
            break;
        }
    }
    wipe(out, sizeof out);
    wipe(held, sizeof held);
    if (session) {
        (void)gatepass_wipe(session);
    }
}

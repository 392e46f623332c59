/* The RTOS example as the firmware of a Cortex-M4, its board played by the harness on the serial line. */
#include <string.h>

#include "line.h"
#include "nor.h"
#include "port.h"

void gatepass_task(void *unused);
uint32_t stack_used(void);
uint32_t static_size(void);

gatepass_settings port_settings;
gatepass_sign_in_request port_sign_in;
const char *port_redirect_uri, *port_api_authority, *port_api_target;

static uint64_t millis;
static bool is_open;
static char redirect[768];
static size_t redirect_len;
static char goal[32];
/* Whether the goal's own step was taken. */
static bool is_begun, is_called;

static void tell(const char *what, const char *detail)
{
    char text[16];
    size_t len = strlen(what);
    memcpy(text, what, len);
    text[len++] = ' ';
    line_send('T', text, len, detail, strlen(detail));
}

/* A number in decimal, in a buffer of 21 bytes. */
static const char *decimal(uint64_t number, char *digits)
{
    char *at = digits + 20;
    *at = 0;
    do {
        *--at = (char)('0' + number % 10);
    } while (number /= 10);
    return at;
}

static void report(const char *name, uint32_t value)
{
    char digits[21];
    const char *text = decimal(value, digits);
    line_send('P', name, strlen(name), text, strlen(text));
}

gatepass_time port_now(void)
{
    return (gatepass_time){millis, 0};
}

bool port_entropy(uint8_t *bytes, size_t size)
{
    const uint8_t count[] = {(uint8_t)size, (uint8_t)(size >> 8)};
    size_t got;
    line_ask('E', count, sizeof count, "E", bytes, size, &got);
    return got == size;
}

bool port_load(uint8_t *record, size_t size, size_t *len)
{
    char digits[21];
    nor_read(record, size, len);
    tell("loaded", *len ? decimal(gatepass_revision(record, *len), digits) : "none");
    return true;
}

port_swapped port_swap(const gatepass_save *save, uint8_t *held, size_t size, size_t *len)
{
    char digits[21];
    const char *revision = decimal(gatepass_revision(save->record.data, save->record.len), digits);
    tell("saving", revision);
    nor_read(held, size, len);
    if (!gatepass_is_expected(save, held, *len)) {
        return PORT_SUPERSEDED;
    }
    if (!nor_write(save->record, held, size)) {
        return PORT_UNKNOWN;
    }
    tell("saved", revision);
    return PORT_SWAPPED;
}

bool port_connect(gatepass_text authority)
{
    uint8_t failed = 1;
    line_ask('O', authority.data, authority.len, "O", &failed, 1, NULL);
    return is_open = !failed;
}

bool port_send(const uint8_t *bytes, size_t len, uint64_t deadline)
{
    (void)deadline;
    line_send('D', bytes, len, NULL, 0);
    return true;
}

long port_receive(uint8_t *bytes, size_t size, uint64_t deadline)
{
    const uint8_t count[] = {(uint8_t)size, (uint8_t)(size >> 8)};
    size_t got;
    (void)deadline;
    return line_ask('M', count, sizeof count, "DC", bytes, size, &got) == 'D' ? (long)got : 0;
}

void port_close(void)
{
    if (is_open) {
        line_send('C', NULL, 0, NULL, 0);
    }
    is_open = false;
}

bool port_show(gatepass_text url)
{
    line_ask('V', url.data, url.len, "R", redirect, sizeof redirect, &redirect_len);
    return true;
}

void port_told(const char *what, const char *detail)
{
    is_called = is_called || (strcmp(what, "called") == 0 && strcmp(detail, "200") == 0);
    tell(what, detail);
}

static void pass(uint64_t time)
{
    uint8_t bytes[8];
    for (size_t at = 0; at < sizeof bytes; at++) {
        bytes[at] = (uint8_t)(time >> at * 8);
    }
    line_ask('S', bytes, sizeof bytes, "S", NULL, 0, NULL);
    millis += time;
}

static bool is_goal(const char *word)
{
    return strncmp(goal, word, strlen(word)) == 0;
}

/* Whether the goal is reached, now that the session rests. */
static bool is_reached(bool is_live)
{
    if (is_goal("sign-in") && is_live) {
        line_send('T', "signed in", 9, NULL, 0);
    } else if (is_goal("refresh") && is_live && is_begun) {
        line_send('T', "refreshed", 9, NULL, 0);
    } else if (is_goal("sign-out") && !is_live) {
        line_send('T', "signed out", 10, NULL, 0);
    } else {
        return !*goal || (is_goal("call") && is_called) || (is_goal("sleep") && is_begun);
    }
    return true;
}

static port_event step(bool is_live)
{
    while (is_reached(is_live)) {
        size_t len;
        line_ask('G', NULL, 0, "G", goal, sizeof goal - 1, &len);
        goal[len] = 0;
        is_begun = is_called = false;
    }
    bool is_first = !is_begun;
    is_begun = true;
    if (is_goal("end")) {
        report("stack=", stack_used());
        report("static=", static_size());
        report("session=", GATEPASS_SESSION_OVERHEAD);
        line_send('T', "ended", 5, NULL, 0);
        return PORT_STOP;
    }
    if (is_goal("sleep")) {
        uint64_t time = 0;
        for (const char *at = goal + 6; *at >= '0' && *at <= '9'; at++) {
            time = time * 10 + (uint64_t)(*at - '0');
        }
        pass(time);
        return PORT_NOTHING;
    }
    if (!is_live) {
        is_begun = false;
        return PORT_SIGN_IN;
    }
    if (is_goal("refresh") && is_first) {
        return PORT_REFRESH;
    }
    return is_goal("sign-out") ? PORT_SIGN_OUT : PORT_CALL;
}

port_event port_wait(enum gatepass_move during, uint64_t until, char *text, size_t size, size_t *len)
{
    if (during == GATEPASS_MOVE_AWAIT_REDIRECT && redirect_len > 0 && redirect_len <= size) {
        memcpy(text, redirect, redirect_len);
        *len = redirect_len;
        memset(redirect, 0, sizeof redirect);
        redirect_len = 0;
        return PORT_REDIRECT;
    }
    if (during == GATEPASS_MOVE_SIGN_IN || during == GATEPASS_MOVE_SLEEP) {
        return step(during == GATEPASS_MOVE_SLEEP);
    }
    pass(until > millis ? until - millis : 1);
    return PORT_NOTHING;
}

/* The value of a setting; its line has become a string. */
static const char *setting(const char *lines, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    for (const char *at = lines; at < lines + len; at += strlen(at) + 1) {
        if (strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
            return at + name_len + 1;
        }
    }
    return NULL;
}

int main(void)
{
    static char lines[1025], authority[64];
    static const char *resource;
    uint8_t clock[8];
    size_t len;
    line_start();
    line_ask('B', "mps2-an386-c", 12, "B", clock, sizeof clock, NULL);
    for (size_t at = sizeof clock; at-- > 0;) {
        millis = millis << 8 | clock[at];
    }
    line_ask('I', NULL, 0, "I", lines, sizeof lines - 1, &len);
    for (size_t at = 0; at < len; at++) {
        lines[at] = lines[at] == '\n' ? 0 : lines[at];
    }
    const char *iss = setting(lines, len, "iss"), *overlap = setting(lines, len, "overlap");
    port_settings.issuer = setting(lines, len, "issuer");
    port_settings.authorization_endpoint = setting(lines, len, "authorization");
    port_settings.token_endpoint = setting(lines, len, "token");
    port_settings.revocation_endpoint = setting(lines, len, "revocation");
    port_settings.client_id = setting(lines, len, "client");
    port_settings.flags = GATEPASS_FLAG_DANGER_HTTP_ON_LOOPBACK;
    port_settings.flags |= iss && strcmp(iss, "announced") == 0 ? GATEPASS_FLAG_ISS_PARAMETER : 0;
    port_settings.flags |= overlap && strcmp(overlap, "covers") == 0 ? GATEPASS_FLAG_OVERLAP_COVERS_LEASE : 0;
    port_redirect_uri = setting(lines, len, "redirect");
    port_sign_in.scope = setting(lines, len, "scope");
    port_sign_in.prompt = setting(lines, len, "prompt");
    resource = setting(lines, len, "resource");
    port_sign_in.resources = &resource;
    port_sign_in.resource_count = resource ? 1 : 0;
    const char *api = setting(lines, len, "api");
    port_api_authority = authority;
    port_api_target = api ? strchr(api + 7, '/') : NULL;
    if (!port_api_target || (size_t)(port_api_target - api - 7) >= sizeof authority) {
        line_send('T', "panicked: settings", 18, NULL, 0);
        return 1;
    }
    memcpy(authority, api + 7, (size_t)(port_api_target - api - 7));
    gatepass_task(NULL);
    return 0;
}

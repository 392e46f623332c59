/* What is refused, and a whole life without a network: every function of the header, right and wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gatepass.h"

#define CHECK(condition) ((condition) ? (void)passed++ : fail(#condition, __LINE__))
#define GIVES(expression, expected) gives(#expression, (expression), (expected), __LINE__)

static unsigned passed;

static void fail(const char *what, int line)
{
    fprintf(stderr, "checks.c:%d: not so: %s\n", line, what);
    exit(1);
}

static void gives(const char *what, long given, long expected, int line)
{
    if (given != expected) {
        fprintf(stderr, "it gave %ld, not %ld\n", given, expected);
        fail(what, line);
    }
    passed++;
}

enum { ROOM = 2048 };

static const uint8_t entropy[GATEPASS_ENTROPY_SIZE] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
static uint64_t room[GATEPASS_SESSION_WORDS(ROOM)], settled[GATEPASS_CONFIG_WORDS(2, 1)];
static uint8_t out[ROOM + 512], record[ROOM + 512];
static gatepass_session *session;
static gatepass_config *config;
static gatepass_output output;
static gatepass_time now = {1000, 0};

static const char redirect_uri[] = "http://127.0.0.1:8910/callback";
static const gatepass_audience audiences[2] = {{.audience = "https://files.example"}, {.audience = "mail", .scope = "read"}};
static const char *const members[1] = {"patient"};

static gatepass_settings good_settings(void)
{
    gatepass_settings settings = {0};
    settings.auth0_domain = "tenant.example";
    settings.client_id = "device";
    settings.audiences = audiences;
    settings.audience_count = 2;
    settings.members = members;
    settings.member_count = 1;
    return settings;
}

static gatepass_result settle(gatepass_settings settings)
{
    return gatepass_config_init(settled, sizeof settled, &settings, &config);
}

static gatepass_result poll(void)
{
    return gatepass_poll(session, config, now, out, sizeof out, &output);
}

static void storage_is_checked(void)
{
    gatepass_session **inside = (gatepass_session **)(void *)(room + 4);
    GIVES(gatepass_init(NULL, sizeof room, &session), GATEPASS_ERROR_NULL);
    GIVES(gatepass_init(room, sizeof room, NULL), GATEPASS_ERROR_NULL);
    GIVES(gatepass_init((uint64_t *)(void *)((char *)room + 4), sizeof room - 8, &session), GATEPASS_ERROR_MISALIGNED);
    GIVES(gatepass_init(room, GATEPASS_SESSION_OVERHEAD - 1, &session), GATEPASS_ERROR_STORAGE);
    GIVES(gatepass_init(room, SIZE_MAX, &session), GATEPASS_ERROR_STORAGE);
    GIVES(gatepass_init(room, sizeof room, inside), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_init(room, GATEPASS_SESSION_OVERHEAD, &session), 0);
    GIVES(gatepass_wipe(session), 0);
    GIVES(gatepass_wipe(session), GATEPASS_ERROR_NOT_INITIALISED);
    CHECK(session == (void *)room);
}

static void settings_are_checked(void)
{
    gatepass_settings settings = good_settings();
    GIVES(settle(settings), 0);
    GIVES(gatepass_config_init(NULL, sizeof settled, &settings, &config), GATEPASS_ERROR_NULL);
    GIVES(gatepass_config_init(settled, sizeof settled, NULL, &config), GATEPASS_ERROR_NULL);
    GIVES(gatepass_config_init(settled, sizeof settled, &settings, NULL), GATEPASS_ERROR_NULL);
    GIVES(gatepass_config_init(settled, GATEPASS_CONFIG_OVERHEAD + GATEPASS_AUDIENCE_SIZE, &settings, &config), GATEPASS_ERROR_STORAGE);
    GIVES(gatepass_config_init(settled, sizeof settled, &settings, (gatepass_config **)(void *)settled), GATEPASS_ERROR_OVERLAP);
    settings.audience_count = GATEPASS_MAX_AUDIENCES + 1;
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings = good_settings();
    settings.audiences = NULL;
    GIVES(settle(settings), GATEPASS_ERROR_NULL);
    settings = good_settings();
    settings.issuer = "https://as.example";
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings = good_settings();
    settings.flags = 1u << 31;
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings.flags = GATEPASS_FLAG_FIXED_REFRESH_TOKEN | GATEPASS_FLAG_OVERLAP_COVERS_LEASE;
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings.flags = GATEPASS_FLAG_SECRET_IN_BODY;
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings = good_settings();
    settings.quirks = 1;
    GIVES(settle(settings), GATEPASS_ERROR_SETTINGS);
    settings = good_settings();
    settings.lease_ms = 1999;
    GIVES(settle(settings), GATEPASS_ERROR_MISUSE_POLICY);
    settings = good_settings();
    settings.client_id = "\xff";
    GIVES(settle(settings), GATEPASS_ERROR_UTF8);
    settings.client_id = NULL;
    GIVES(settle(settings), GATEPASS_ERROR_MISUSE_PARAMETER);
    settings = (gatepass_settings){0};
    settings.client_id = "device";
    settings.issuer = "http://as.example";
    settings.authorization_endpoint = "https://as.example/a";
    settings.token_endpoint = "https://as.example/t";
    GIVES(settle(settings), GATEPASS_ERROR_MISUSE_URL);

    /* One that is refused leaves none of before behind. */
    GIVES(settle(good_settings()), 0);
    GIVES(gatepass_init(room, sizeof room, &session), 0);
    GIVES(poll(), 0);
    GIVES(settle(settings), GATEPASS_ERROR_MISUSE_URL);
    GIVES(poll(), GATEPASS_ERROR_NOT_INITIALISED);
}

static void a_session_is_one_and_where_it_was_laid(void)
{
    static uint64_t copy[GATEPASS_SESSION_WORDS(ROOM)];
    const gatepass_sign_in_request what = {0};
    gatepass_bytes bytes;
    gatepass_token token;
    gatepass_generation generation = {{0}};
    GIVES(gatepass_init(room, sizeof room, &session), 0);
    GIVES(settle(good_settings()), 0);
    memcpy(copy, room, sizeof room);
    gatepass_session *const wrong[] = {NULL, (gatepass_session *)(void *)((char *)room + 1), (gatepass_session *)(void *)copy};
    static const long codes[] = {GATEPASS_ERROR_NULL, GATEPASS_ERROR_MISALIGNED, GATEPASS_ERROR_NOT_INITIALISED};
    for (size_t at = 0; at < 3; at++) {
        gatepass_session *s = wrong[at];
        const long code = codes[at];
        GIVES(gatepass_poll(s, config, now, out, sizeof out, &output), code);
        GIVES(gatepass_handle_found(s, config, now, NULL, 0, entropy), code);
        GIVES(gatepass_handle_visited(s, config, now), code);
        GIVES(gatepass_handle_redirect(s, config, now, "x", 1), code);
        GIVES(gatepass_handle_head(s, config, now, 1, 200, NULL, 0, NULL, 0), code);
        GIVES(gatepass_handle_body(s, config, now, 1, entropy, 1), code);
        GIVES(gatepass_handle_end(s, config, now, 1), code);
        GIVES(gatepass_handle_not_sent(s, config, now, 1), code);
        GIVES(gatepass_handle_no_response(s, config, now, 1), code);
        GIVES(gatepass_handle_saved(s, config, now, 1), code);
        GIVES(gatepass_handle_superseded(s, config, now, NULL, 0), code);
        GIVES(gatepass_handle_not_saved(s, config, now, 1), code);
        GIVES(gatepass_handle_refresh(s, config, now), code);
        GIVES(gatepass_handle_refresh_for(s, config, now, "mail", 4), code);
        GIVES(gatepass_handle_cancel(s, config, now), code);
        GIVES(gatepass_handle_challenge(s, config, now, &generation, 401, "x", 1), code);
        GIVES(gatepass_sign_in(s, config, now, &what, redirect_uri, entropy), code);
        GIVES(gatepass_sign_out(s, config, now), code);
        GIVES(gatepass_pending(s, config, out, sizeof out, &bytes), code);
        GIVES(gatepass_resume(s, config, now, entropy, 1), code);
        GIVES(gatepass_access_token(s, config, now, NULL, out, sizeof out, &token), code);
        GIVES(gatepass_wipe(s), code);
        CHECK(!gatepass_state(s).data && !gatepass_redirect_uri(s).data && !gatepass_refusal_code(s).data && !gatepass_scope(s).data);
        CHECK(!gatepass_refusal_description(s).data && !gatepass_members(s).data);
        CHECK(!gatepass_can_refresh(s) && !gatepass_is_unsaved(s) && gatepass_needed(s) == 0);
    }
    GIVES(gatepass_poll(session, NULL, now, out, sizeof out, &output), GATEPASS_ERROR_NULL);
    GIVES(gatepass_poll(session, (gatepass_config *)(void *)copy, now, out, sizeof out, &output), GATEPASS_ERROR_NOT_INITIALISED);
    GIVES(gatepass_poll(session, config, now, NULL, 1, &output), GATEPASS_ERROR_NULL);
    GIVES(gatepass_poll(session, config, now, out, sizeof out, NULL), GATEPASS_ERROR_NULL);
    GIVES(gatepass_poll(session, config, now, out, SIZE_MAX, &output), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_poll(session, config, now, (uint8_t *)room, 64, &output), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_poll(session, config, now, (uint8_t *)settled + 8, 64, &output), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_poll(session, config, now, (uint8_t *)&output, sizeof output, &output), GATEPASS_ERROR_OVERLAP);
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_LOAD);
}

static void texts_say_the_cure(void)
{
    char text[256], cut[16];
    for (int code = 2; code >= -114; code--) {
        bool is_named = code >= -9 || code == -16 || (code <= -32 && code >= -44) || (code <= -64 && code >= -70) || code <= -96;
        size_t len = gatepass_strerror(code, text, sizeof text);
        CHECK(len > 10 && len < sizeof text && strlen(text) == len);
        CHECK((strstr(text, "does not name") == NULL) == (is_named && code != GATEPASS_ERROR_OTHER));
        CHECK(gatepass_strerror(code, cut, sizeof cut) == len && strlen(cut) == (len < 15 ? len : 15) && strncmp(cut, text, 15) == 0);
        CHECK(gatepass_strerror(code, NULL, 0) == len);
    }
    GIVES(gatepass_remedy_of(GATEPASS_ERROR_CAPACITY), GATEPASS_REMEDY_ENLARGE);
    GIVES(gatepass_remedy_of(GATEPASS_ERROR_REFUSAL_INVALID_GRANT), GATEPASS_REMEDY_SIGN_IN);
    GIVES(gatepass_remedy_of(GATEPASS_ERROR_REFUSAL_UNAVAILABLE), GATEPASS_REMEDY_POLL);
    GIVES(gatepass_remedy_of(GATEPASS_ERROR_MISUSE_URL), GATEPASS_REMEDY_FIX);
    GIVES(gatepass_remedy_of(GATEPASS_ERROR_NULL), GATEPASS_REMEDY_FIX);
    GIVES(gatepass_remedy_of(GATEPASS_STATUS_UNCHANGED), GATEPASS_REMEDY_POLL);
}

/* The value of a parameter of the authorization URL. */
static gatepass_text parameter(gatepass_text url, const char *name)
{
    size_t len = strlen(name);
    for (size_t at = 0; at + len < url.len; at++) {
        if (memcmp(url.data + at, name, len) == 0) {
            size_t end = at + len;
            while (end < url.len && url.data[end] != '&') {
                end++;
            }
            return (gatepass_text){url.data + at + len, end - at - len};
        }
    }
    return (gatepass_text){NULL, 0};
}

static size_t saved_len;

static void save_it(void)
{
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SAVE);
    CHECK(gatepass_is_expected(&output.save, record, saved_len) && output.save.record.len <= sizeof record);
    CHECK(!gatepass_is_expected(&output.save, output.save.record.data, output.save.record.len));
    CHECK(!gatepass_is_expected(NULL, NULL, 0));
    memcpy(record, output.save.record.data, output.save.record.len);
    saved_len = output.save.record.len;
    GIVES(gatepass_handle_saved(session, config, now, output.save.ticket + 1), GATEPASS_STATUS_UNCHANGED);
    GIVES(gatepass_handle_saved(session, config, now, output.save.ticket), GATEPASS_STATUS_ADVANCED);
}

/* Sends what is to be sent, and answers it byte by byte. */
static void answer(const char *path, const char *json)
{
    static const char type[] = "application/json";
    char head[64];
    gatepass_bytes piece;
    size_t all = 0, body = 0;
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: tenant.example\r\n", path);
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SEND);
    static char wire[4096];
    for (uint32_t at = 0; gatepass_request_part(&output.request, at, &piece); at++) {
        memcpy(wire + all, piece.data, piece.len);
        all += piece.len;
        body = piece.len;
    }
    CHECK(memcmp(wire, head, strlen(head)) == 0 && body == output.request.body.len && all > body);
    CHECK(memcmp(wire + all - body - 4, "\r\n\r\n", 4) == 0 && memcmp(wire + all - body, output.request.body.data, body) == 0);
    CHECK(!gatepass_request_part(NULL, 0, &piece) && !gatepass_request_part(&output.request, 0, NULL));
    CHECK(!gatepass_request_part(&output.request, UINT32_MAX, &piece));
    uint32_t ticket = output.request.ticket;
    GIVES(gatepass_handle_head(session, config, now, ticket, 200, NULL, 1, NULL, 0), GATEPASS_ERROR_NULL);
    GIVES(gatepass_handle_head(session, config, now, ticket + 1, 200, type, strlen(type), NULL, 0), GATEPASS_STATUS_UNCHANGED);
    GIVES(gatepass_handle_head(session, config, now, ticket, 200, type, strlen(type), NULL, 0), GATEPASS_STATUS_MORE);
    for (; *json; json++) {
        GIVES(gatepass_handle_body(session, config, now, ticket, (const uint8_t *)json, 1), GATEPASS_STATUS_MORE);
    }
    GIVES(gatepass_handle_end(session, config, now, ticket), GATEPASS_STATUS_ADVANCED);
}

static void a_life_without_a_network(void)
{
    const uint32_t max_age = 60;
    const gatepass_parameter extra[] = {{"access_type", "offline"}};
    gatepass_sign_in_request what = {.scope = "openid offline_access", .max_age = &max_age, .extra = extra, .extra_count = 1};
    static uint8_t zeros[GATEPASS_ENTROPY_SIZE];
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, NULL), GATEPASS_ERROR_NULL);
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, zeros), GATEPASS_ERROR_MISUSE_ENTROPY);
    GIVES(gatepass_handle_found(session, config, now, (const uint8_t *)"damaged", 7, entropy), GATEPASS_ERROR_VIOLATION_RECORD);
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SIGN_IN);
    GIVES(output.reason, GATEPASS_REASON_NO_GRANT);

    what.extra_count = GATEPASS_MAX_PARAMETERS + 1;
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_ERROR_SETTINGS);
    what.extra_count = 1;
    GIVES(gatepass_sign_in(session, config, now, NULL, redirect_uri, entropy), GATEPASS_ERROR_NULL);
    GIVES(gatepass_sign_in(session, config, now, &what, NULL, entropy), GATEPASS_ERROR_NULL);
    GIVES(gatepass_sign_in(session, config, now, &what, "http://as.example/", entropy), GATEPASS_ERROR_MISUSE_REDIRECT_URI);
    what.scope = (const char *)room + 64;
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_ERROR_OVERLAP);
    what.scope = "openid offline_access";
    what.extra = (const void *)room;
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_ERROR_OVERLAP);
    what.extra = extra;
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_poll(session, config, now, out, 16, &output), GATEPASS_ERROR_CAPACITY);
    size_t needed = gatepass_needed(session);
    CHECK(needed > 16 && needed <= sizeof out);
    GIVES(gatepass_poll(session, config, now, out, needed - 1, &output), GATEPASS_ERROR_CAPACITY);
    GIVES(gatepass_poll(session, config, now, out, needed, &output), 0);
    GIVES(output.move, GATEPASS_MOVE_VISIT);
    CHECK(parameter(output.url, "access_type=").len == 7 && parameter(output.url, "max_age=").len == 2);
    gatepass_text state = parameter(output.url, "&state=");
    char good[256], bad[256];
    CHECK(state.len > 20);
    snprintf(good, sizeof good, "%s?code=C&state=%.*s", redirect_uri, (int)state.len, state.data);
    snprintf(bad, sizeof bad, "%s?code=C&state=x%.*s", redirect_uri, (int)state.len - 1, state.data);

    /* A restart in between. */
    gatepass_bytes pending;
    static uint8_t kept[1024];
    GIVES(gatepass_handle_visited(session, config, now), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_pending(session, config, (uint8_t *)&pending, sizeof pending, &pending), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_pending(session, config, kept, 8, &pending), GATEPASS_ERROR_CAPACITY);
    GIVES(gatepass_pending(session, config, kept, sizeof kept, &pending), 0);
    GIVES(gatepass_wipe(session), 0);
    GIVES(gatepass_init(room, sizeof room, &session), 0);
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_resume(session, config, now, kept, pending.len - 1), GATEPASS_ERROR_MISUSE_PENDING);
    GIVES(gatepass_resume(session, config, now, kept, pending.len), GATEPASS_STATUS_ADVANCED);
    gatepass_text uri = gatepass_redirect_uri(session);
    CHECK(uri.len == strlen(redirect_uri) && memcmp(uri.data, redirect_uri, uri.len) == 0);
    GIVES(gatepass_handle_redirect(session, config, now, uri.data, uri.len), GATEPASS_ERROR_OVERLAP);
    GIVES(poll(), 0);
    GIVES(gatepass_handle_visited(session, config, now), GATEPASS_STATUS_ADVANCED);
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_AWAIT_REDIRECT);
    CHECK(output.until == now.millis + 600000);

    GIVES(gatepass_handle_redirect(session, config, now, "\xff", 1), GATEPASS_ERROR_UTF8);
    GIVES(gatepass_handle_redirect(session, config, now, bad, strlen(bad)), GATEPASS_ERROR_VIOLATION_STATE);
    GIVES(gatepass_handle_redirect(session, config, now, good, strlen(good)), GATEPASS_STATUS_ADVANCED);
    answer("/oauth/token", "{\"access_token\":\"A1\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"R1\","
                           "\"scope\":\"openid\",\"patient\":\"7\"}");
    CHECK(gatepass_is_unsaved(session) && gatepass_can_refresh(session));
    save_it();
    CHECK(!gatepass_is_unsaved(session));
    gatepass_text name = gatepass_state(session), scope = gatepass_scope(session), kept_members = gatepass_members(session);
    CHECK(name.len == 4 && memcmp(name.data, "Live", 4) == 0);
    CHECK(scope.len == 6 && memcmp(scope.data, "openid", 6) == 0);
    CHECK(kept_members.len == 15 && memcmp(kept_members.data, "{\"patient\":\"7\"}", 15) == 0);

    gatepass_token token;
    GIVES(gatepass_access_token(session, config, now, NULL, (uint8_t *)&token, sizeof token, &token), GATEPASS_ERROR_OVERLAP);
    GIVES(gatepass_access_token(session, config, now, NULL, out, 8, &token), GATEPASS_ERROR_CAPACITY);
    GIVES(gatepass_needed(session), 9);
    GIVES(gatepass_access_token(session, config, now, NULL, out, 9, &token), 0);
    CHECK(token.header.len == 9 && memcmp(token.header.data, "Bearer A1", 9) == 0 && token.expires_at == now.millis + 3600000);
    GIVES(gatepass_access_token(session, config, now, "mail", out, sizeof out, &token), GATEPASS_ERROR_NO_TOKEN);

    /* The API no longer takes it. */
    static const char invalid[] = "Bearer error=\"invalid_token\"", insufficient[] = "Bearer error=\"insufficient_scope\"";
    gatepass_generation none = {{0}};
    GIVES(gatepass_handle_challenge(session, config, now, &token.generation, 403, invalid, strlen(invalid)), GATEPASS_STATUS_UNCHANGED);
    GIVES(gatepass_handle_challenge(session, config, now, &token.generation, 401, insufficient, strlen(insufficient)), GATEPASS_STATUS_UNCHANGED);
    GIVES(gatepass_handle_challenge(session, config, now, &none, 401, invalid, strlen(invalid)), GATEPASS_STATUS_UNCHANGED);
    GIVES(gatepass_handle_challenge(session, config, now, &token.generation, 401, invalid, strlen(invalid)), GATEPASS_STATUS_ADVANCED);
    save_it();
    answer("/oauth/token", "{\"access_token\":\"A2\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"R2\"}");
    save_it();
    GIVES(gatepass_handle_refresh_for(session, config, now, "nobody", 6), GATEPASS_ERROR_MISUSE_AUDIENCE);
    GIVES(gatepass_handle_refresh_for(session, config, now, "mail", 4), GATEPASS_STATUS_ADVANCED);
    save_it();
    answer("/oauth/token", "{\"access_token\":\"M1\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"R3\"}");
    save_it();
    GIVES(gatepass_access_token(session, config, now, "mail", out, sizeof out, &token), 0);
    CHECK(memcmp(token.header.data, "Bearer M1", token.header.len) == 0);
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SLEEP);

    GIVES(gatepass_sign_out(session, config, now), GATEPASS_STATUS_ADVANCED);
    save_it();
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SEND);
    GIVES(gatepass_handle_head(session, config, now, output.request.ticket, 200, NULL, 0, NULL, 0), GATEPASS_STATUS_ADVANCED);
    save_it();
    GIVES(poll(), 0);
    GIVES(output.move, GATEPASS_MOVE_SIGN_IN);
    GIVES(output.reason, GATEPASS_REASON_SIGNED_OUT);
    GIVES(gatepass_wipe(session), 0);
}

static void a_small_session_says_what_it_needs(void)
{
    const gatepass_sign_in_request what = {.scope = "openid"};
    GIVES(gatepass_init(room, sizeof(uint64_t) * GATEPASS_SESSION_WORDS(16), &session), 0);
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_ERROR_CAPACITY);
    size_t needed = gatepass_needed(session);
    CHECK(needed > 16);
    GIVES(gatepass_wipe(session), 0);
    GIVES(gatepass_init(room, sizeof(uint64_t) * GATEPASS_SESSION_WORDS(needed), &session), 0);
    GIVES(gatepass_handle_found(session, config, now, NULL, 0, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_sign_in(session, config, now, &what, redirect_uri, entropy), GATEPASS_STATUS_ADVANCED);
    GIVES(gatepass_wipe(session), 0);
    GIVES(gatepass_config_wipe(config), 0);
    GIVES(gatepass_config_wipe(config), GATEPASS_ERROR_NOT_INITIALISED);
}

int main(void)
{
    storage_is_checked();
    settings_are_checked();
    a_session_is_one_and_where_it_was_laid();
    texts_say_the_cure();
    a_life_without_a_network();
    a_small_session_says_what_it_needs();
    printf("%u checks\n", passed);
    return 0;
}

/*
 * The RTOS example on a POSIX machine: sockets, a file under a lock, and a harness that speaks lines.
 *
 *     host ISSUER AUTHORIZATION TOKEN REVOCATION CLIENT SECRET REDIRECT SCOPE PROMPT RESOURCE API RECORD
 *
 * An empty argument is one that is absent. It says `VISIT url`, `TOLD what: detail`, and `WAIT move` when it waits for one of these lines:
 * `sign-in`, `redirect URI`, `call`, `refresh`, `sign-out`, `cancel`, `sleep MS` (for real), `advance MS` (its clock alone), `stop`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

void gatepass_task(void *unused);

gatepass_settings port_settings;
gatepass_sign_in_request port_sign_in;
const char *port_redirect_uri, *port_api_authority, *port_api_target;

static const char *record_path;
static uint64_t advanced;
static int connection = -1;

gatepass_time port_now(void)
{
    struct timespec up, wall;
    clock_gettime(CLOCK_BOOTTIME, &up);
    clock_gettime(CLOCK_REALTIME, &wall);
    uint64_t millis = (uint64_t)up.tv_sec * 1000 + (uint64_t)up.tv_nsec / 1000000;
    return (gatepass_time){millis + advanced, (uint64_t)wall.tv_sec + advanced / 1000};
}

bool port_entropy(uint8_t *bytes, size_t size)
{
    return getrandom(bytes, size, 0) == (ssize_t)size;
}

static bool read_record(uint8_t *record, size_t size, size_t *len)
{
    *len = 0;
    int file = open(record_path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return access(record_path, F_OK) != 0;
    }
    ssize_t got = read(file, record, size);
    uint8_t more;
    bool whole = got >= 0 && read(file, &more, 1) == 0;
    close(file);
    *len = whole ? (size_t)got : 0;
    return whole;
}

static bool write_record(gatepass_bytes record)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.new", record_path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = file >= 0 && write(file, record.data, record.len) == (ssize_t)record.len && fsync(file) == 0;
    if (file >= 0) {
        good = close(file) == 0 && good;
    }
    if (!good || rename(path, record_path) != 0) {
        return false;
    }
    *strrchr(path, '/') = 0;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0) {
        close(folder);
    }
    return good;
}

bool port_load(uint8_t *record, size_t size, size_t *len)
{
    return read_record(record, size, len);
}

port_swapped port_swap(const gatepass_save *save, uint8_t *held, size_t size, size_t *len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.lock", record_path);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    port_swapped swapped = PORT_UNKNOWN;
    if (lock >= 0 && flock(lock, LOCK_EX) == 0 && read_record(held, size, len)) {
        if (!gatepass_is_expected(save, held, *len)) {
            swapped = PORT_SUPERSEDED;
        } else if (write_record(save->record)) {
            swapped = PORT_SWAPPED;
        }
    }
    if (lock >= 0) {
        close(lock);
    }
    return swapped;
}

bool port_connect(gatepass_text authority)
{
    char host[256];
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM};
    snprintf(host, sizeof host, "%.*s", (int)authority.len, authority.data);
    char *port = strrchr(host, ':');
    if (port) {
        *port++ = 0;
    }
    port_close();
    if (getaddrinfo(host, port ? port : "80", &hints, &found) != 0) {
        return false;
    }
    connection = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connection >= 0 && connect(connection, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    return connected;
}

/* Gives a socket what is left until a deadline. */
static bool limit(int option, uint64_t deadline)
{
    uint64_t now = port_now().millis;
    if (now >= deadline) {
        return false;
    }
    struct timeval left = {.tv_sec = (time_t)((deadline - now) / 1000), .tv_usec = (suseconds_t)((deadline - now) % 1000 * 1000)};
    return setsockopt(connection, SOL_SOCKET, option, &left, sizeof left) == 0;
}

bool port_send(const uint8_t *bytes, size_t len, uint64_t deadline)
{
    while (len > 0) {
        ssize_t sent = limit(SO_SNDTIMEO, deadline) ? send(connection, bytes, len, MSG_NOSIGNAL) : -1;
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

long port_receive(uint8_t *bytes, size_t size, uint64_t deadline)
{
    return limit(SO_RCVTIMEO, deadline) ? recv(connection, bytes, size, 0) : -1;
}

void port_close(void)
{
    if (connection >= 0) {
        close(connection);
    }
    connection = -1;
}

bool port_show(gatepass_text url)
{
    return printf("VISIT %.*s\n", (int)url.len, url.data) > 0 && fflush(stdout) == 0;
}

void port_told(const char *what, const char *detail)
{
    printf("TOLD %s: %s\n", what, detail);
    fflush(stdout);
}

static void sleep_until(uint64_t until)
{
    uint64_t now = port_now().millis, left = until > now ? until - now : 0;
    struct timespec some = {.tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000 * 1000000)};
    nanosleep(&some, NULL);
}

port_event port_wait(enum gatepass_move during, uint64_t until, char *text, size_t size, size_t *len)
{
    static const struct {
        const char *word;
        port_event event;
    } words[] = {{"sign-in", PORT_SIGN_IN},   {"call", PORT_CALL},     {"refresh", PORT_REFRESH},
                 {"sign-out", PORT_SIGN_OUT}, {"cancel", PORT_CANCEL}, {"stop", PORT_STOP}};
    static char line[8192];
    if (during == GATEPASS_MOVE_WAIT) {
        sleep_until(until);
        return PORT_NOTHING;
    }
    printf("WAIT %d\n", (int)during);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) {
        return PORT_STOP;
    }
    line[strcspn(line, "\n")] = 0;
    for (size_t at = 0; at < sizeof words / sizeof *words; at++) {
        if (strcmp(line, words[at].word) == 0) {
            return words[at].event;
        }
    }
    if (strncmp(line, "advance ", 8) == 0) {
        advanced += strtoull(line + 8, NULL, 10);
    } else if (strncmp(line, "sleep ", 6) == 0) {
        sleep_until(port_now().millis + strtoull(line + 6, NULL, 10));
    } else if (strncmp(line, "redirect ", 9) == 0 && strlen(line + 9) <= size) {
        *len = strlen(line + 9);
        memcpy(text, line + 9, *len);
        return PORT_REDIRECT;
    } else {
        fprintf(stderr, "what is %s?\n", line);
        exit(2);
    }
    return PORT_NOTHING;
}

/* An argument, or null for an empty one. */
static const char *given(const char *argument)
{
    return *argument ? argument : NULL;
}

int main(int argc, char **argv)
{
    if (argc != 13 || strncmp(argv[11], "http://", 7) != 0 || !strchr(argv[11] + 7, '/') || argv[12][0] != '/') {
        fputs("host ISSUER AUTHORIZATION TOKEN REVOCATION CLIENT SECRET REDIRECT SCOPE PROMPT RESOURCE API RECORD\n", stderr);
        return 2;
    }
    static const char *resources[1];
    static char authority[256];
    port_settings.issuer = argv[1];
    port_settings.authorization_endpoint = argv[2];
    port_settings.token_endpoint = argv[3];
    port_settings.revocation_endpoint = given(argv[4]);
    port_settings.client_id = argv[5];
    port_settings.client_secret = given(argv[6]);
    port_settings.flags = GATEPASS_FLAG_DANGER_HTTP_ON_LOOPBACK | GATEPASS_FLAG_ISS_PARAMETER;
    port_redirect_uri = argv[7];
    port_sign_in.scope = given(argv[8]);
    port_sign_in.prompt = given(argv[9]);
    resources[0] = argv[10];
    port_sign_in.resources = resources;
    port_sign_in.resource_count = *argv[10] ? 1 : 0;
    port_api_target = strchr(argv[11] + 7, '/');
    snprintf(authority, sizeof authority, "%.*s", (int)(port_api_target - argv[11] - 7), argv[11] + 7);
    port_api_authority = authority;
    record_path = argv[12];
    gatepass_task(NULL);
    return 0;
}

/* The reader of the examples: what is a response, and what is none, in pieces of every size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http1.h"

static const char *wire;
static size_t left, piece;

long port_receive(uint8_t *bytes, size_t size, uint64_t deadline)
{
    (void)deadline;
    size_t some = left < size ? left : size;
    some = some < piece ? some : piece;
    memcpy(bytes, wire, some);
    wire += some;
    left -= some;
    return (long)some;
}

/* Reads a response up to its end; -1: it is none. */
static long reads(http1 *r, const char *text, size_t len, char *content, size_t size)
{
    const uint8_t *bytes;
    long got;
    size_t all = 0;
    wire = text;
    left = len;
    if (!http1_head(r, 0)) {
        return -1;
    }
    while ((got = http1_body(r, &bytes)) > 0) {
        if ((size_t)got > size - all) {
            return -1;
        }
        memcpy(content + all, bytes, (size_t)got);
        all += (size_t)got;
    }
    return got < 0 ? -1 : (long)all;
}

static unsigned passed;

static void check(bool holds, const char *text)
{
    if (!holds) {
        fprintf(stderr, "in pieces of %zu, not so:\n%s\n", piece, text);
        exit(1);
    }
    passed++;
}

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define LONG16 "aaaaaaaaaaaaaaaa"
#define LONG256 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16
#define SPACES "                                                                "
#define INTERIM "HTTP/1.1 103 Early Hints\r\nWWW-Authenticate: Basic\r\nContent-Type: text/html\r\n\r\n"
#define EIGHT INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM INTERIM

/* All of them give `{}`. */
static const char *const good[] = {
    OK "Content-Length: 2\r\n\r\n{}",
    OK "Content-Length: 2\r\n\r\n{}{}",
    OK "cOnTeNt-LeNgTh:\t 2 \t\r\n\r\n{}",
    OK "Content-Length: 2, 2\r\nContent-Length: 02\r\n\r\n{}",
    OK "\r\n{}",
    "HTTP/1.0 200 OK\r\n\r\n{}",
    "HTTP/1.1 200\r\n\r\n{}",
    "HTTP/1.1 200 \r\n\r\n{}",
    OK "Content-Encoding: Identity\r\nX:\r\nX-Long: " LONG256 LONG256 "\r\n\r\n{}",
    CHUNKED "2\r\n{}\r\n0\r\n\r\n",
    CHUNKED "1;a=b\r\n{\r\n0001\r\n}\r\n00;\r\nContent-Length: 7\r\nX: y\r\n\r\n",
    EIGHT OK "\r\n{}",
    "HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n" CHUNKED "2\r\n{}\r\n0\r\n\r\n",
};

static const char *const bad[] = {
    "",
    "HTTP/1.1 200 O",
    OK "Content-Length: 2\r\n",
    OK "Content-Length: 2\r\n\r\n{",
    /* The status line. */
    "HTTP/1.2 200 OK\r\n\r\n{}",
    "HTTP/1.X 200 OK\r\n\r\n{}",
    "HTTP/2.0 200 OK\r\n\r\n{}",
    "http/1.1 200 OK\r\n\r\n{}",
    "HTTP/1.1  200 OK\r\n\r\n{}",
    "HTTP/1.1\t200 OK\r\n\r\n{}",
    "HTTP/1.1 20 OK\r\n\r\n{}",
    "HTTP/1.1 2000 OK\r\n\r\n{}",
    "HTTP/1.1 099 OK\r\n\r\n" OK "\r\n{}",
    "HTTP/1.1 600 OK\r\n\r\n{}",
    " " OK "\r\n{}",
    "HTTP/1.1 200 O\x01K\r\n\r\n{}",
    /* The ends of lines. */
    "HTTP/1.1 200 OK\n\n{}",
    OK "Content-Length: 2\n\r\n{}",
    OK "Content-Length: 2\r\n\n{}",
    OK "Content-Length: 2\r \r\n\r\n{}",
    /* Fields. */
    OK "Content-Length : 2\r\n\r\n{}",
    OK "Content-Length\t: 2\r\n\r\n{}",
    OK " Content-Length: 2\r\n\r\n{}",
    OK "X: a\r\n b\r\n\r\n{}",
    OK "X Y: a\r\n\r\n{}",
    OK ": a\r\n\r\n{}",
    OK "X\r\n\r\n{}",
    OK "X: \x7f\r\n\r\n{}",
    OK "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n{}",
    OK "Content-Type:\r\nContent-Type: a/b\r\n\r\n{}",
    OK "Content-Type: " LONG256 "\r\n\r\n{}",
    OK "Content-Type: \xc3\xa4\r\n\r\n{}",
    OK "Retry-After: 1\r\nRetry-After: 2\r\n\r\n{}",
    OK "Content-Encoding: gzip\r\n\r\n{}",
    OK "Content-Encoding: identity, gzip\r\n\r\n{}",
    OK "Content-Encoding:" SPACES SPACES SPACES SPACES SPACES "gzip\r\n\r\n{}",
    /* The framing. */
    OK "Content-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
    OK "Content-Length: 3, 2\r\n\r\n{}",
    OK "Content-Length: 2,\r\n\r\n{}",
    OK "Content-Length:\r\n\r\n{}",
    OK "Content-Length: +2\r\n\r\n{}",
    OK "Content-Length: 0x2\r\n\r\n{}",
    OK "Content-Length: 18446744073709551618\r\n\r\n{}",
    OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    OK "Transfer-Encoding: identity\r\n\r\n{}",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    /* Chunks. */
    CHUNKED "2\r\n{}\r\n",
    CHUNKED "2\r\n{}0\r\n\r\n",
    CHUNKED "2\r\n{}xx0\r\n\r\n",
    CHUNKED "2\r {}\r\n0\r\n\r\n",
    CHUNKED "2\n{}\n0\n\n",
    CHUNKED "2 \r\n{}\r\n0\r\n\r\n",
    CHUNKED "0x2\r\n{}\r\n0\r\n\r\n",
    CHUNKED "-2\r\n{}\r\n0\r\n\r\n",
    CHUNKED "\r\n{}\r\n0\r\n\r\n",
    CHUNKED "00000000000000002\r\n{}\r\n0\r\n\r\n",
    CHUNKED "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    CHUNKED "2;\x01\r\n{}\r\n0\r\n\r\n",
    CHUNKED "2;\x01{}\r\n0\r\n\r\n",
    CHUNKED "2\r\n{}\r\n0\r\nX : y\r\n\r\n",
    CHUNKED "2\r\n{}\r\n0\r\n",
    /* Interim responses. */
    EIGHT INTERIM OK "\r\n{}",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n" OK "\r\n{}",
    "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\n{}",
    INTERIM,
};

int main(void)
{
    static http1 r;
    static char content[64], bulk[HTTP1_MAX_HEAD + 1024];
    for (piece = 1; piece <= 512; piece = piece < 8 ? piece + 1 : piece * 4) {
        for (size_t at = 0; at < sizeof good / sizeof *good; at++) {
            long len = reads(&r, good[at], strlen(good[at]), content, sizeof content);
            check(len == 2 && memcmp(content, "{}", 2) == 0 && r.status == 200, good[at]);
        }
        for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
            check(reads(&r, bad[at], strlen(bad[at]), content, sizeof content) < 0, bad[at]);
        }

        static const char after[] = INTERIM "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
        check(reads(&r, after, sizeof after - 1, content, sizeof content) == 0 && r.status == 401, after);
        check(!*r.www_authenticate && !*r.content_type, "what an interim response said is forgotten");

        static const char none[] = "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}";
        check(reads(&r, none, sizeof none - 1, content, sizeof content) == 0, none);

        static const char nul[] = OK "X: \0\r\n\r\n{}", size[] = CHUNKED "2\0\r\n{}\r\n0\r\n\r\n";
        check(reads(&r, nul, sizeof nul - 1, content, sizeof content) < 0, "a NUL is no text");
        check(reads(&r, size, sizeof size - 1, content, sizeof content) < 0, "a NUL is no digit");

        /* One line, then many of them. */
        size_t len = (size_t)snprintf(bulk, sizeof bulk, OK "X:");
        memset(bulk + len, 'a', HTTP1_MAX_LINE - 2);
        memcpy(bulk + len + HTTP1_MAX_LINE - 2, "\r\n\r\n{}", 6);
        check(reads(&r, bulk, len + HTTP1_MAX_LINE + 4, content, sizeof content) == 2, "the longest line");
        memcpy(bulk + len + HTTP1_MAX_LINE - 2, "a\r\n\r\n{}", 7);
        check(reads(&r, bulk, len + HTTP1_MAX_LINE + 5, content, sizeof content) < 0, "a longer one");
        for (len = (size_t)snprintf(bulk, sizeof bulk, OK); len + 6 <= HTTP1_MAX_HEAD; len += 6) {
            memcpy(bulk + len, "X: y\r\n", 6);
        }
        memcpy(bulk + len, "X: y\r\nX: y\r\n\r\n{}", 16);
        check(reads(&r, bulk, len + 16, content, sizeof content) < 0, "more than the most bytes of a head");
    }
    printf("%u checks\n", passed);
    return 0;
}

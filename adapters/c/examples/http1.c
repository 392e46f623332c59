#include "http1.h"

#include <string.h>

/* The next byte, or -1. */
static int next(http1 *r)
{
    if (r->at == r->end) {
        long got = port_receive(r->ahead, sizeof r->ahead, r->deadline);
        if (got <= 0) {
            return -1;
        }
        r->at = 0;
        r->end = (size_t)got;
    }
    return r->ahead[r->at++];
}

/* Reads a line without its end. What is longer than the buffer is counted and not kept. -1: no line. */
static long line(http1 *r, char *text, size_t size)
{
    size_t len = 0;
    int byte;
    while ((byte = next(r)) != '\n') {
        if (byte < 0 || byte == 0 || len > 65536) {
            return -1;
        }
        if (len < size - 1) {
            text[len] = (char)byte;
        }
        len++;
    }
    size_t kept = len < size - 1 ? len : size - 1;
    if (kept == len && kept > 0 && text[kept - 1] == '\r') {
        kept = --len;
    }
    text[kept] = 0;
    return (long)len;
}

static bool digits(const char *text, unsigned base, uint64_t *number)
{
    const char *from = text;
    for (*number = 0; *text; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10)
                         : *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A' + 10)
                                                        : 99;
        if (digit >= base || *number > UINT64_MAX / 32) {
            return false;
        }
        *number = *number * base + digit;
    }
    return text > from;
}

static bool is(const char *text, const char *word)
{
    for (; *text && *word; text++, word++) {
        char a = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
        if (a != *word) {
            return false;
        }
    }
    return *text == *word;
}

/* Keeps a field once; a second one, or one that does not fit, makes the response unreadable. */
static bool keep(char *to, size_t size, const char *value)
{
    size_t len = strlen(value);
    if (*to || len >= size) {
        return false;
    }
    memcpy(to, value, len + 1);
    return true;
}

static bool field(http1 *r, char *text, long len, size_t size, bool *has_length)
{
    char *colon = strchr(text, ':');
    if (!colon || colon == text || strpbrk(text, " \t") == text) {
        return false;
    }
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (char *end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t');) {
        *--end = 0;
    }
    bool is_cut = (size_t)len >= size;
    if (is(text, "content-length")) {
        if (is_cut || *has_length || !digits(value, 10, &r->left)) {
            return false;
        }
        *has_length = true;
        r->framing = r->framing == HTTP1_CHUNKED ? HTTP1_CHUNKED : HTTP1_LENGTH;
    } else if (is(text, "transfer-encoding")) {
        if (is_cut || r->framing == HTTP1_CHUNKED || !is(value, "chunked")) {
            return false;
        }
        r->framing = HTTP1_CHUNKED;
    } else if (is(text, "content-type")) {
        return !is_cut && keep(r->content_type, sizeof r->content_type, value);
    } else if (is(text, "retry-after")) {
        return !is_cut && keep(r->retry_after, sizeof r->retry_after, value);
    } else if (is(text, "www-authenticate") && !is_cut && !*r->www_authenticate) {
        /* The first that fits: it only says whether a refresh helps. */
        (void)keep(r->www_authenticate, sizeof r->www_authenticate, value);
    }
    return true;
}

bool http1_head(http1 *r, uint64_t deadline)
{
    char text[320];
    memset(r, 0, sizeof *r);
    r->deadline = deadline;
    do {
        uint64_t status;
        bool has_length = false;
        memset(r->content_type, 0, sizeof r->content_type);
        memset(r->retry_after, 0, sizeof r->retry_after);
        r->framing = HTTP1_CLOSE;
        if (line(r, text, sizeof text) < 12 || strncmp(text, "HTTP/1.", 7) || text[8] != ' ' || (text[12] && text[12] != ' ')) {
            return false;
        }
        text[12] = 0;
        if (!digits(text + 9, 10, &status) || status < 100 || status > 599) {
            return false;
        }
        r->status = (uint16_t)status;
        for (int fields = 0;; fields++) {
            long len = line(r, text, sizeof text);
            if (len == 0) {
                break;
            }
            if (len < 0 || fields == 100 || !field(r, text, len, sizeof text, &has_length)) {
                return false;
            }
        }
        /* A length beside chunks is an attempt to smuggle (RFC 9112 §6.3). */
        if (has_length && r->framing == HTTP1_CHUNKED) {
            return false;
        }
    } while (r->status < 200);
    if (r->status == 204 || r->status == 304) {
        r->framing = HTTP1_DONE;
    }
    return true;
}

/* The next chunk's size, behind the end of the one before. */
static bool chunk(http1 *r)
{
    char text[32];
    if (r->in_chunks && line(r, text, sizeof text) != 0) {
        return false;
    }
    r->in_chunks = true;
    if (line(r, text, sizeof text) <= 0) {
        return false;
    }
    text[strcspn(text, "; \t")] = 0;
    if (!digits(text, 16, &r->left)) {
        return false;
    }
    if (r->left == 0) {
        long trailer;
        while ((trailer = line(r, text, sizeof text)) > 0) {
        }
        r->framing = HTTP1_DONE;
        return trailer == 0;
    }
    return true;
}

long http1_body(http1 *r, const uint8_t **bytes)
{
    if (r->framing == HTTP1_CHUNKED && r->left == 0 && !chunk(r)) {
        return -1;
    }
    if (r->framing == HTTP1_DONE || (r->framing == HTTP1_LENGTH && r->left == 0)) {
        return 0;
    }
    if (r->at == r->end) {
        long got = port_receive(r->ahead, sizeof r->ahead, r->deadline);
        if (got == 0 && r->framing == HTTP1_CLOSE) {
            return 0;
        }
        if (got <= 0) {
            return -1;
        }
        r->at = 0;
        r->end = (size_t)got;
    }
    size_t some = r->end - r->at;
    if (r->framing != HTTP1_CLOSE) {
        some = r->left < some ? (size_t)r->left : some;
        r->left -= some;
    }
    *bytes = r->ahead + r->at;
    r->at += some;
    return (long)some;
}

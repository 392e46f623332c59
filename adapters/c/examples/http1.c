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

/* Reads a line without its CR LF (RFC 9112 §2.2) and gives its length. What is longer than the buffer is counted and not kept. -1: no line. */
static long line(http1 *r, char *text, size_t size)
{
    size_t len = 0;
    int byte;
    for (; (byte = next(r)) != '\r'; len++) {
        bool is_text = byte == '\t' || (byte >= ' ' && byte != 0x7f);
        if (!is_text || len == HTTP1_MAX_LINE || ++r->spent > HTTP1_MAX_HEAD) {
            return -1;
        }
        if (len < size - 1) {
            text[len] = (char)byte;
        }
    }
    r->spent += 2;
    text[len < size - 1 ? len : size - 1] = 0;
    return next(r) == '\n' ? (long)len : -1;
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

/* Without white space around it. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (char *end = text + strlen(text); end > text && (end[-1] == ' ' || end[-1] == '\t');) {
        *--end = 0;
    }
    return text;
}

/* Keeps a field once; a second one, or one that does not fit or is not ASCII, makes the response unreadable. */
static bool keep(char *to, size_t size, const char *value, bool *has)
{
    size_t len = strlen(value);
    if (*has || len >= size) {
        return false;
    }
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at >= 0x80) {
            return false;
        }
    }
    memcpy(to, value, len + 1);
    *has = true;
    return true;
}

/* The same again is the same, and another is an attack (RFC 9112 §6.3). */
static bool length(http1 *r, char *value)
{
    for (char *more; value; value = more) {
        uint64_t number;
        more = strchr(value, ',');
        if (more) {
            *more++ = 0;
        }
        if (!digits(trim(value), 10, &number) || (r->has_length && number != r->left)) {
            return false;
        }
        r->left = number;
        r->has_length = true;
    }
    return true;
}

/* Ends a field line's name, a token with its colon right behind it (RFC 9112 §5.1), and gives its value; null: it is no field line. */
static char *value_of(char *text)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t len = strspn(text, token);
    if (len == 0 || text[len] != ':') {
        return NULL;
    }
    text[len] = 0;
    return trim(text + len + 1);
}

static bool field(http1 *r, char *name, bool is_cut)
{
    const char *const framed[] = {"content-length", "transfer-encoding", "content-encoding", "content-type", "retry-after"};
    char *value = value_of(name);
    for (size_t at = 0; value && is_cut && at < sizeof framed / sizeof *framed; at++) {
        if (is(name, framed[at])) {
            return false;
        }
    }
    if (!value) {
        return false;
    }
    if (is(name, "content-length")) {
        return length(r, value);
    }
    if (is(name, "transfer-encoding")) {
        bool is_first = r->framing != HTTP1_CHUNKED;
        r->framing = HTTP1_CHUNKED;
        return is_first && is(value, "chunked");
    }
    if (is(name, "content-encoding")) {
        return !*value || is(value, "identity");
    }
    if (is(name, "content-type")) {
        return keep(r->content_type, sizeof r->content_type, value, &r->has_type);
    }
    if (is(name, "retry-after")) {
        return keep(r->retry_after, sizeof r->retry_after, value, &r->has_retry);
    }
    if (is(name, "www-authenticate") && !is_cut) {
        /* The first that fits: it only says whether a refresh helps. */
        bool has = *r->www_authenticate != 0;
        (void)keep(r->www_authenticate, sizeof r->www_authenticate, value, &has);
    }
    return true;
}

/* One head, an interim one too. */
static bool head(http1 *r)
{
    char text[320];
    uint64_t status;
    memset(r->content_type, 0, sizeof r->content_type);
    memset(r->retry_after, 0, sizeof r->retry_after);
    memset(r->www_authenticate, 0, sizeof r->www_authenticate);
    r->has_length = r->has_type = r->has_retry = false;
    r->left = 0;
    r->framing = HTTP1_CLOSE;
    /* Some leave the space out that RFC 9112 §4 wants before an empty reason. */
    if (line(r, text, sizeof text) < 12 || strncmp(text, "HTTP/1.", 7) || (text[12] && text[12] != ' ')) {
        return false;
    }
    bool is_old = text[7] == '0';
    text[12] = 0;
    if ((!is_old && text[7] != '1') || text[8] != ' ' || !digits(text + 9, 10, &status) || status < 100 || status > 599) {
        return false;
    }
    r->status = (uint16_t)status;
    long len;
    while ((len = line(r, text, sizeof text)) > 0) {
        if (!field(r, text, (size_t)len >= sizeof text)) {
            return false;
        }
    }
    /* Two framings, or one that HTTP/1.0 does not have, are how responses are smuggled (RFC 9112 §6.1); an interim one has no body. */
    return len == 0 && (r->framing != HTTP1_CHUNKED || (!r->has_length && !is_old && r->status >= 200));
}

bool http1_head(http1 *r, uint64_t deadline)
{
    memset(r, 0, sizeof *r);
    r->deadline = deadline;
    for (unsigned interim = 0; head(r); interim++) {
        if (r->status >= 200) {
            if (r->status == 204 || r->status == 304) {
                r->framing = HTTP1_DONE;
            } else if (r->has_length) {
                r->framing = HTTP1_LENGTH;
            }
            return true;
        }
        /* Nobody asked for another protocol (RFC 9110 §15.2.2). */
        if (r->status == 101 || interim == HTTP1_MAX_INTERIM) {
            return false;
        }
    }
    return false;
}

/* The next chunk's size, behind the end of the one before (RFC 9112 §7.1). */
static bool chunk(http1 *r)
{
    char size[17], text[128];
    size_t len = 0;
    int byte;
    if (r->in_chunks && (next(r) != '\r' || next(r) != '\n')) {
        return false;
    }
    r->in_chunks = true;
    while ((byte = next(r)) != '\r' && byte != ';') {
        if (byte <= 0 || len == sizeof size - 1) {
            return false;
        }
        size[len++] = (char)byte;
    }
    size[len] = 0;
    if (!digits(size, 16, &r->left) || (byte == ';' ? line(r, text, sizeof text) < 0 : next(r) != '\n')) {
        return false;
    }
    if (r->left > 0) {
        return true;
    }
    /* What a trailer says about the framing or the content is not to be believed (RFC 9110 §6.5.1). */
    long trailer;
    while ((trailer = line(r, text, sizeof text)) > 0) {
        if (!value_of(text)) {
            return false;
        }
    }
    r->framing = HTTP1_DONE;
    return trailer == 0;
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

/*
 * The response of one HTTP/1.1 exchange (RFC 9112) with `Connection: close`, read as it arrives.
 *
 * What is not to the letter is no response: two readers that disagree about where a response ends are how one is smuggled. Lines end in
 * CR LF; names are tokens; Transfer-Encoding is `chunked`, alone, in HTTP/1.1 and without a Content-Length; there is no Content-Encoding.
 */
#ifndef HTTP1_H
#define HTTP1_H

#include "port.h"

/* The longest line and the most of all lines together, in bytes; the most interim responses (RFC 9110 §15.2). */
enum { HTTP1_MAX_LINE = 16384, HTTP1_MAX_HEAD = 65536, HTTP1_MAX_INTERIM = 8 };

typedef struct {
    uint16_t status;
    /* Empty where absent. Of the challenges the first that fits. */
    char content_type[64], retry_after[32], www_authenticate[256];
    uint64_t deadline;
    /* Of the body: what is left of it, or of its chunk. */
    uint64_t left;
    enum { HTTP1_LENGTH, HTTP1_CHUNKED, HTTP1_CLOSE, HTTP1_DONE } framing;
    bool has_length, has_type, has_retry, in_chunks;
    /* Bytes of lines so far. */
    size_t spent;
    /* Bytes that were received and not read. */
    uint8_t ahead[256];
    size_t at, end;
} http1;

/* Reads the head of the final response. False: there is no response. */
bool http1_head(http1 *response, uint64_t deadline);

/* Gives the next bytes of the body, 0 at its end, -1 where it broke off. They stay until the next call. */
long http1_body(http1 *response, const uint8_t **bytes);

#endif

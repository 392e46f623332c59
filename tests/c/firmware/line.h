/* The serial line to the harness: frames, as tests/firmware/README.md has them. */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <stdint.h>

void line_start(void);

/* Sends a frame whose payload is in up to two parts; a length of 0 is none. */
void line_send(uint8_t kind, const void *one, size_t one_len, const void *two, size_t two_len);

/* Sends a frame and waits for one of these kinds; bytes past size are dropped. Gives its kind, and the length. */
uint8_t line_ask(uint8_t kind, const void *payload, size_t len, const char *kinds, void *into, size_t size, size_t *got);

#endif

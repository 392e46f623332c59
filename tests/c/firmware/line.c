#include "line.h"

#include <stdbool.h>
#include <string.h>

/* The CMSDK UART 0 (Application Note AN386). */
static volatile uint32_t *const uart = (volatile uint32_t *)0x40004000;
enum { DATA = 0, STATE = 1, CONTROL = 2, DIVIDER = 4, TX_FULL = 1, RX_FULL = 2 };
enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

static bool in_step;

void line_start(void)
{
    uart[DIVIDER] = 16;
    uart[CONTROL] = 3;
}

static void put(uint8_t byte)
{
    while (uart[STATE] & TX_FULL) {
    }
    uart[DATA] = byte;
}

static uint8_t get(void)
{
    while (!(uart[STATE] & RX_FULL)) {
    }
    return (uint8_t)uart[DATA];
}

static void put_escaped(const uint8_t *bytes, size_t len)
{
    for (; len > 0; len--, bytes++) {
        if (*bytes == END || *bytes == ESC) {
            put(ESC);
            put(*bytes == END ? ESC_END : ESC_ESC);
        } else {
            put(*bytes);
        }
    }
}

void line_send(uint8_t kind, const void *one, size_t one_len, const void *two, size_t two_len)
{
    put(END);
    put_escaped(&kind, 1);
    put_escaped(one, one_len);
    put_escaped(two, two_len);
    put(END);
}

static uint8_t next(uint8_t *into, size_t size, size_t *got)
{
    /* Until the first END, this is the rest of a frame that was cut by a reset. */
    while (!in_step) {
        in_step = get() == END;
    }
    int kind = -1;
    *got = 0;
    for (;;) {
        uint8_t byte = get();
        if (byte == END) {
            if (kind >= 0) {
                return (uint8_t)kind;
            }
            continue;
        }
        if (byte == ESC) {
            byte = get();
            byte = byte == ESC_END ? END : byte == ESC_ESC ? ESC : byte;
        }
        if (kind < 0) {
            kind = byte;
        } else if (*got < size) {
            into[(*got)++] = byte;
        }
    }
}

uint8_t line_ask(uint8_t kind, const void *payload, size_t len, const char *kinds, void *into, size_t size, size_t *got)
{
    size_t dropped;
    line_send(kind, payload, len, NULL, 0);
    for (;;) {
        uint8_t answer = next(into, size, got ? got : &dropped);
        if (answer && strchr(kinds, answer)) {
            return answer;
        }
    }
}

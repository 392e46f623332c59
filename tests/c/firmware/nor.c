/*
 * The record in NOR flash, in two places that take turns: a power cut leaves the one before whole.
 *
 * The flash is a model, for the emulated board has no controller of one: a window of the PSRAM, which survives a reset, where programming
 * only clears bits and erasing sets those of a whole sector.
 */
#include "nor.h"

#include <string.h>

enum { SECTOR = 4096, PLACES = 2, WORDS = SECTOR / 4 };

/* Not where the Rust firmware has its own, so that neither reads the other's. */
static volatile uint32_t *const flash = (volatile uint32_t *)0x21010000;

static void erase(size_t place)
{
    for (size_t at = 0; at < WORDS; at++) {
        flash[place * WORDS + at] = UINT32_MAX;
    }
}

static void program(size_t place, size_t at, uint32_t word)
{
    flash[place * WORDS + at] &= word;
}

/* Reads a place: the revision of the record there, or 0. The length is its first word, and was written last. */
static uint64_t read_place(size_t place, uint8_t *record, size_t size, size_t *len)
{
    *len = flash[place * WORDS];
    if (*len > size || *len > SECTOR - 4) {
        *len = 0;
    }
    for (size_t at = 0; at < *len; at++) {
        record[at] = (uint8_t)(flash[place * WORDS + 1 + at / 4] >> at % 4 * 8);
    }
    return *len ? gatepass_revision(record, *len) : 0;
}

/* Which place holds the later record, if any does. */
static int newest(uint8_t *record, size_t size)
{
    size_t len;
    uint64_t best = 0;
    int place = -1;
    for (int at = 0; at < PLACES; at++) {
        uint64_t revision = read_place((size_t)at, record, size, &len);
        if (revision > best) {
            best = revision;
            place = at;
        }
    }
    return place;
}

void nor_read(uint8_t *record, size_t size, size_t *len)
{
    int place = newest(record, size);
    *len = 0;
    if (place >= 0) {
        (void)read_place((size_t)place, record, size, len);
    }
}

bool nor_write(gatepass_bytes record, uint8_t *scratch, size_t size)
{
    size_t place = newest(scratch, size) == 0 ? 1 : 0;
    if (record.len > SECTOR - 4) {
        return false;
    }
    erase(place);
    for (size_t at = 0; at < record.len; at += 4) {
        uint32_t word = UINT32_MAX;
        memcpy(&word, record.data + at, record.len - at < 4 ? record.len - at : 4);
        program(place, 1 + at / 4, word);
    }
    program(place, 0, (uint32_t)record.len);
    return true;
}

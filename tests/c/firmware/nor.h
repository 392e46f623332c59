/* The record in NOR flash: see nor.c. */
#ifndef NOR_H
#define NOR_H

#include "gatepass.h"

/* Reads the later record; *len is 0 when there is none. */
void nor_read(uint8_t *record, size_t size, size_t *len);

/* Writes a record over the earlier one. The scratch memory holds any record. */
bool nor_write(gatepass_bytes record, uint8_t *scratch, size_t size);

#endif

/* What a board fills in: its clock, generator, flash, connection, person and application. */
#ifndef PORT_H
#define PORT_H

#include "gatepass.h"

/* What the application wants next. In FreeRTOS: what comes out of a queue. */
typedef enum {
    PORT_NOTHING,  /* the time is up */
    PORT_SIGN_IN,  /* begin a sign-in */
    PORT_REDIRECT, /* the person came back */
    PORT_CALL,     /* call the API */
    PORT_REFRESH,  /* the access token shall live longer */
    PORT_SIGN_OUT,
    PORT_CANCEL,
    PORT_STOP, /* the task ends */
} port_event;

typedef enum {
    PORT_SWAPPED,    /* stored, durably */
    PORT_SUPERSEDED, /* something else is there: it was read */
    PORT_UNKNOWN,    /* the store failed, or nobody knows */
} port_swapped;

/* A monotonic clock, and a wall clock where there is one. */
gatepass_time port_now(void);

/* Bytes of the hardware's cryptographic generator; never those of rand(). */
bool port_entropy(uint8_t *bytes, size_t size);

/* Reads the record; *len is 0 when there is none. */
bool port_load(uint8_t *record, size_t size, size_t *len);

/* Compares (gatepass_is_expected) and writes, in one step for everybody who shares the store. What else was there goes to held. */
port_swapped port_swap(const gatepass_save *save, uint8_t *held, size_t size, size_t *len);

/* One connection at a time: TCP and TLS, the server's name checked. host:port, the port only where it is not the scheme's own. */
bool port_connect(gatepass_text authority);

/* Sends all of it, before the deadline or not at all. */
bool port_send(const uint8_t *bytes, size_t len, uint64_t deadline);

/* Receives some bytes: their number, 0 at the end of the connection, negative when it broke or the deadline passed. */
long port_receive(uint8_t *bytes, size_t size, uint64_t deadline);

void port_close(void);

/* Shows the person where to sign in: a display, a QR code, a companion app. */
bool port_show(gatepass_text url);

/* Sleeps until something is wanted, at most until this moment. The redirect is written to text. */
port_event port_wait(enum gatepass_move during, uint64_t until, char *text, size_t size, size_t *len);

/* What happened, for a log: never a secret. */
void port_told(const char *what, const char *detail);

/* Whom to ask, and as whom. */
extern gatepass_settings port_settings;
extern gatepass_sign_in_request port_sign_in;
extern const char *port_redirect_uri, *port_api_authority, *port_api_target;

#endif

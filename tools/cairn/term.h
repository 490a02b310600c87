/*
 * term.h - the terminal of a full-screen view: keys without waiting for lines, a screen of its
 * own that leaves the other one as it was, signals as bytes on a descriptor. However the program
 * ends, the terminal gets its old state back.
 */
#ifndef CLI_TERM_H
#define CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

enum key {
	KEY_NONE = 0, /* below 256: the character */
	KEY_UP = 256,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_BACKTAB
};

/* Takes the terminal over; -1 with errno. */
int term_open(void);
/* Gives it back; may be called twice, and from handlers. */
void term_close(void);

void term_size(int *rows, int *cols);
/* Whether names in UTF-8 can be shown, as the locale's variables say. */
bool term_utf8(void);
/* All of it; -1: the terminal is gone. */
int term_write(const char *bytes, size_t len);

/* Where keys come from, and where signals and calls of term_wake can be seen. */
int term_key_fd(void);
int term_event_fd(void);

/* The next keys; answers how many, 0: none now, -1: the terminal is gone. */
int term_keys(int *keys, size_t max);
/* The next event: a signal's number, 0 for a wake, -1 for none. */
int term_event(void);
/* Makes the event descriptor readable; from any thread. */
void term_wake(void);

/* Stops the process as ^Z does, the terminal given back meanwhile. */
void term_suspend(void);
/* Gives the terminal back and dies of the signal, so that whoever waits sees it. */
void term_die(int signal);

#endif

/*
 * term.c - the terminal: raw keys, the alternate screen, signals. Handlers only write a byte to
 * a pipe; those of crashes give the terminal back first and then let the crash happen.
 */
#define _GNU_SOURCE /* ioctl's TIOCGWINSZ, pipe2 */
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Other screen, cleared; no cursor; lines are cut, not wrapped. And back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[0m\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

static struct {
	struct termios saved;
	volatile sig_atomic_t taken;
	int in;
	int pipe[2];
	/* of a key's escape sequence, which may come in pieces */
	enum { TEXT, ESCAPE, SEQUENCE } state;
	int number;
} term = { .in = -1, .pipe = { -1, -1 } };

/* ---- giving and taking -------------------------------------------------------------- */

int term_write(const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
			poll(&out, 1, 100);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

void term_close(void)
{
	if (!term.taken)
		return;
	int error = errno;
	term.taken = 0;
	term_write(LEAVE, sizeof LEAVE - 1);
	tcsetattr(term.in, TCSADRAIN, &term.saved);
	errno = error;
}

static int take(void)
{
	if (tcgetattr(term.in, &term.saved) != 0)
		return -1;
	struct termios raw = term.saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ISIG stays: ^C and ^Z are signals */
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	term.taken = 1;
	if (tcsetattr(term.in, TCSADRAIN, &raw) != 0 || term_write(ENTER, sizeof ENTER - 1) != 0) {
		term_close();
		return -1;
	}
	return 0;
}

/* ---- signals ------------------------------------------------------------------------ */

static void on_signal(int signal)
{
	int error = errno;
	unsigned char byte = (unsigned char)signal;
	while (write(term.pipe[1], &byte, 1) < 0 && errno == EINTR)
		;
	errno = error;
}

static void on_crash(int signal)
{
	term_close();
	raise(signal); /* the handler was for once: now it is the default */
}

static void handle(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

static void handle_all(void)
{
	static const int told[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		handle(told[i], on_signal, SA_RESTART);
	for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
		handle(crashes[i], on_crash, (int)(SA_RESETHAND | SA_NODEFER));
	handle(SIGPIPE, SIG_IGN, 0);
}

int term_open(void)
{
	if (pipe2(term.pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	term.in = isatty(STDIN_FILENO) ? STDIN_FILENO : open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (term.in < 0)
		return -1;
	atexit(term_close);
	handle_all();
	return take();
}

void term_suspend(void)
{
	term_close();
	handle(SIGTSTP, SIG_DFL, 0);
	raise(SIGTSTP);
	handle(SIGTSTP, on_signal, SA_RESTART);
	take();
}

void term_die(int signal)
{
	term_close();
	handle(signal, SIG_DFL, 0);
	raise(signal);
}

int term_event(void)
{
	unsigned char byte;
	return read(term.pipe[0], &byte, 1) == 1 ? byte : -1;
}

void term_wake(void)
{
	on_signal(0);
}

int term_event_fd(void)
{
	return term.pipe[0];
}

/* ---- keys ----------------------------------------------------------------------------- */

static int final_key(unsigned char byte, int number)
{
	switch (byte) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'F':
		return KEY_END;
	case 'H':
		return KEY_HOME;
	case 'Z':
		return KEY_BACKTAB;
	case '~':
		break;
	default:
		return KEY_NONE;
	}
	if (number == 5)
		return KEY_PAGE_UP;
	if (number == 6)
		return KEY_PAGE_DOWN;
	if (number == 1 || number == 7)
		return KEY_HOME;
	return number == 4 || number == 8 ? KEY_END : KEY_NONE;
}

/* ESC [ or ESC O, numbers, one final byte. What is not known is swallowed whole. */
static int key_of(unsigned char byte)
{
	if (byte == 0x1B) {
		term.state = ESCAPE;
		return KEY_NONE;
	}
	if (term.state == ESCAPE && (byte == '[' || byte == 'O')) {
		term.state = SEQUENCE;
		term.number = 0;
		return KEY_NONE;
	}
	if (term.state != SEQUENCE) {
		term.state = TEXT;
		return byte;
	}
	if (byte >= '0' && byte <= '9' && term.number < 1000) {
		term.number = term.number * 10 + byte - '0';
		return KEY_NONE;
	}
	if (byte >= 0x40 && byte < 0x7F) {
		term.state = TEXT;
		return final_key(byte, term.number);
	}
	return KEY_NONE;
}

int term_keys(int *keys, size_t max)
{
	unsigned char bytes[64];
	struct pollfd in = { .fd = term.in, .events = POLLIN };
	if (poll(&in, 1, 0) <= 0)
		return 0;
	ssize_t n = read(term.in, bytes, max < sizeof bytes ? max : sizeof bytes);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n == 0) /* it said that there is something */
		return (in.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? -1 : 0;
	int count = 0;
	for (ssize_t i = 0; i < n; i++) {
		int key = key_of(bytes[i]);
		if (key != KEY_NONE)
			keys[count++] = key;
	}
	return count;
}

int term_key_fd(void)
{
	return term.in;
}

/* ---- what it is like ------------------------------------------------------------------ */

void term_size(int *rows, int *cols)
{
	struct winsize size;
	*rows = 24;
	*cols = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return;
	if (size.ws_row > 0)
		*rows = size.ws_row < 1000 ? size.ws_row : 1000;
	if (size.ws_col > 0)
		*cols = size.ws_col < 1000 ? size.ws_col : 1000;
}

bool term_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);
		if (value == NULL || *value == '\0')
			continue;
		const char *dot = strchr(value, '.');
		return dot != NULL &&
		       (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
	}
	return false;
}
